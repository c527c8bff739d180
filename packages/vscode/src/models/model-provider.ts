import {
  LimitReachedError,
  type PromptmeterClient,
  PromptmeterError,
  SignInRequiredError,
} from '@promptmeter/client'
import * as vscode from 'vscode'
import { limitMessage } from '../core/usage-text.ts'
import { callChat } from './chat-call.ts'
import { toChatMessage } from './message-parts.ts'
import { factsOf, isChatModel, type ModelFacts } from './model-catalogue.ts'
import { estimateTokens } from './token-estimate.ts'

/** What an author says of a model; null to leave it out. */
export type DescribeModel = (id: string, facts: ModelFacts) => ModelFacts | null

export interface ModelProviderParts {
  readonly client: PromptmeterClient
  readonly describeModel: DescribeModel | undefined
  isSignedIn(): Promise<boolean>
  /** Asks the user. @throws when they would rather not */
  signIn(): Promise<void>
  /** After each call, however it ended: the gateway may have counted. */
  onCalled(error: unknown): void
}

export interface ModelProvider extends vscode.LanguageModelChatProvider, vscode.Disposable {
  /** Another user may have other models. */
  reload(): void
}

const LIST_TIMEOUT_MS = 10_000

/** The editor asks at each choice of a model. */
const LIST_AGAIN_AFTER_MS = 5 * 60_000

/** The models of the gateway, as the editor's own. What they use the gateway has counted: nothing is counted here. */
export function createModelProvider(parts: ModelProviderParts): ModelProvider {
  const { client, describeModel = (_id, facts) => facts, onCalled } = parts
  const changed = new vscode.EventEmitter<void>()

  let listed: { readonly at: number; readonly models: vscode.LanguageModelChatInformation[] } | null = null
  let reloads = 0

  async function listModels(): Promise<vscode.LanguageModelChatInformation[]> {
    const models = await client.models({ signal: AbortSignal.timeout(LIST_TIMEOUT_MS) })
    return models.flatMap(({ id }) => {
      if (!isChatModel(id)) return []
      const facts = describeModel(id, factsOf(id))
      return facts === null ? [] : [toInformation(id, facts)]
    })
  }

  return {
    onDidChangeLanguageModelChatInformation: changed.event,
    reload() {
      listed = null
      reloads += 1
      changed.fire()
    },
    dispose: () => changed.dispose(),

    async provideLanguageModelChatInformation({ silent }) {
      if (!(await parts.isSignedIn())) {
        if (silent) return []
        await parts.signIn()
      }
      if (listed !== null && Date.now() - listed.at < LIST_AGAIN_AFTER_MS) return listed.models
      try {
        const asked = reloads
        const models = await listModels()
        // What another user was told meanwhile is not kept for this one.
        if (asked === reloads) listed = { at: Date.now(), models }
        return models
      } catch {
        // A picker without our models, rather than one with an error: the status bar says what is wrong.
        return []
      }
    },

    async provideLanguageModelChatResponse(model, messages, options, progress, cancellation) {
      const { signal, dispose } = signalOf(cancellation)
      let failure: unknown = null
      try {
        const answer = callChat(
          client,
          {
            model: model.id,
            messages: messages.map(toChatMessage),
            tools: options.tools,
            toolRequired: options.toolMode === vscode.LanguageModelChatToolMode.Required,
            modelOptions: options.modelOptions,
          },
          signal,
        )
        for await (const part of answer) {
          progress.report(
            part.kind === 'text'
              ? new vscode.LanguageModelTextPart(part.text)
              : new vscode.LanguageModelToolCallPart(part.id, part.name, part.input),
          )
        }
      } catch (error) {
        if (cancellation.isCancellationRequested) throw new vscode.CancellationError()
        failure = error
        throw toModelError(error)
      } finally {
        dispose()
        onCalled(failure)
      }
    },

    async provideTokenCount(_model, content) {
      return estimateTokens(typeof content === 'string' ? content : toChatMessage(content).parts)
    },
  }
}

function toInformation(id: string, facts: ModelFacts): vscode.LanguageModelChatInformation {
  const { name, family, maxInputTokens, maxOutputTokens, imageInput, toolCalling } = facts
  const capabilities = { imageInput, toolCalling }
  return { id, name, family, version: id, maxInputTokens, maxOutputTokens, capabilities }
}

/** What VS Code shows and other extensions switch on. */
function toModelError(error: unknown): unknown {
  if (error instanceof LimitReachedError) {
    return vscode.LanguageModelError.Blocked(limitMessage(error.limit, new Date()))
  }
  if (error instanceof SignInRequiredError) return vscode.LanguageModelError.NoPermissions('Sign in first.')
  if (!(error instanceof PromptmeterError)) return error
  if (error.code === 'model_not_found') return vscode.LanguageModelError.NotFound(error.message)
  if (error.status === 403) return vscode.LanguageModelError.NoPermissions(error.message)
  if (error.status === 429) return vscode.LanguageModelError.Blocked(error.message)
  return error
}

function signalOf(cancellation: vscode.CancellationToken): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController()
  if (cancellation.isCancellationRequested) controller.abort()
  const listening = cancellation.onCancellationRequested(() => controller.abort())
  return { signal: controller.signal, dispose: () => listening.dispose() }
}
