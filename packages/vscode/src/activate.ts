import {
  createClient,
  createOfflineQueue,
  fromOpenAIError,
  LimitReachedError,
  type LimitStanding,
  type PromptmeterClient,
  PromptmeterError,
  SignInRequiredError,
  type UsageGroupTotal,
} from '@promptmeter/client'
import * as vscode from 'vscode'
import { platform } from '#platform'
import { createAuthenticationProvider } from './authentication-provider.ts'
import { registerCommands } from './commands.ts'
import { reachedLimit } from './core/limit-level.ts'
import { createLimitNotice } from './core/limit-notice.ts'
import { createSessionKeeper, type EditorSession } from './core/session-keeper.ts'
import { createUsageWatcher, type UsageState } from './core/usage-watcher.ts'
import { showLimitMessage } from './limit-message.ts'
import { createModelProvider } from './models/model-provider.ts'
import { contributesModels, identityOf, missingContributions, type PromptmeterOptions } from './options.ts'
import type { Promptmeter } from './promptmeter.ts'
import { askToSignInAgain, keepSessionFresh, watchLostSecrets } from './session-care.ts'
import { createCallbackUris } from './sign-in/callback-uris.ts'
import { signInFromEditor } from './sign-in/editor-sign-in.ts'
import { createStatusBar } from './status-bar.ts'

/** A window that gets the focus asks for what is older than this. */
const FOCUS_AGE_MS = 15_000

/**
 * Gives an extension sign-in, metering, limits and models by one server. It waits for no network, and ends with the
 * extension.
 * @throws PromptmeterError `invalid_server_url`
 */
export async function activatePromptmeter(
  context: vscode.ExtensionContext,
  options: PromptmeterOptions,
): Promise<Promptmeter> {
  const { extension, secrets, globalState, globalStorageUri } = context
  const identity = identityOf(extension, options)
  const { id, appName, extensionId, source } = identity
  const { serverUrl, allowHttp = false, statusBar = true, languageModels = true, uriHandler = true } = options
  for (const missing of missingContributions(extension.packageJSON, id)) {
    console.warn(`[${extensionId}] package.json misses under "contributes": ${missing}`)
  }

  const own: vscode.Disposable[] = []
  const keep = <T extends vscode.Disposable>(disposable: T): T => {
    own.push(disposable)
    return disposable
  }

  const client: PromptmeterClient = createClient({
    serverUrl,
    allowHttp,
    source,
    token: async () => (await keeper.current())?.token ?? null,
  })
  const keeper = keep(createSessionKeeper(secrets, `${id}.session ${client.serverUrl}`))
  const watcher = keep(
    createUsageWatcher({
      token: client.transport.token,
      me: client.me,
      byModel: () => usageByModel(client),
      async onRefused(token) {
        await keeper.refused(token)
        if ((await keeper.current()) === null) askToSignInAgain(identity)
      },
    }),
  )
  const queue = createOfflineQueue({
    client,
    storage: platform.openQueueStorage(globalStorageUri, id),
    onFlushed({ sent, error }) {
      void countWaiting()
      // Also what failed says something: that the server is away, or the session is over.
      if (sent > 0 || error !== null) void watcher.refresh()
    },
    onRejected: ({ idempotencyKey }, error) => {
      console.warn(`[${extensionId}] the server refused to count ${idempotencyKey}: ${error}`)
    },
  })
  keep({ dispose: queue.close })

  const changed = keep(new vscode.EventEmitter<UsageState>())
  const notice = createLimitNotice(globalState)
  const bar = statusBar ? keep(createStatusBar(identity)) : null
  let waiting = 0
  let told = 0
  bar?.show(watcher.state, waiting)

  async function countWaiting(): Promise<void> {
    waiting = await queue.size().catch(() => 0)
    bar?.show(watcher.state, waiting)
  }

  function tellOnce(userId: string, limits: readonly LimitStanding[], upgradeUrl: string | null): void {
    const limit = notice.due({ id: userId, limits: [...limits] })
    if (limit === null) return
    told += 1
    showLimitMessage(limit, upgradeUrl, identity)
  }

  watcher.onDidChange((state) => {
    bar?.show(state, waiting)
    if (state.kind === 'known' && !state.offline) tellOnce(state.me.id, state.me.limits, state.me.upgradeUrl)
    changed.fire(state)
  })

  const callbacks = createCallbackUris(extensionId)
  if (uriHandler)
    keep(vscode.window.registerUriHandler({ handleUri: (uri) => void callbacks.handleUri(uri) }))

  let signingIn: Promise<EditorSession> | undefined
  function signIn(): Promise<EditorSession> {
    signingIn ??= startSession().finally(() => {
      signingIn = undefined
    })
    return signingIn
  }

  async function startSession(): Promise<EditorSession> {
    const known = await keeper.current()
    if (known !== null) return known
    return keeper.begin(await signInFromEditor({ client, appName, callbacks, platform }))
  }

  async function signOut(): Promise<void> {
    // What waits is sent while it can be; the rest waits for the same user.
    await queue.flush()
    try {
      await client.signOut()
    } catch (error) {
      void vscode.window.showWarningMessage(
        `${appName}: you are signed out here, but the server could not be told: ${(error as Error).message} The session ends by itself within 30 days, or from another editor under Manage Sessions.`,
      )
    }
    await keeper.forget()
  }

  const authentication = keep(createAuthenticationProvider({ keeper, signIn, signOut }))
  keep(vscode.authentication.registerAuthenticationProvider(id, appName, authentication))
  keep(registerCommands({ identity, client, watcher, signIn, signOut }))

  if (languageModels && contributesModels(extension.packageJSON, id)) {
    // Editors made from an older VS Code have no such list.
    const register = vscode.lm?.registerLanguageModelChatProvider
    const models = keep(
      createModelProvider({
        client,
        describeModel: options.describeModel,
        isSignedIn: async () => (await keeper.current()) !== null,
        signIn: async () => void (await signIn()),
        onCalled: () => void watcher.refresh(),
      }),
    )
    if (typeof register === 'function') keep(register(id, models))
    keep(keeper.onDidChange(models.reload))
  }

  keep(
    keeper.onDidChange(() => {
      void queue.flush()
      void countWaiting()
      void watcher.refresh()
    }),
  )
  keep(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (!focused) return
      void queue.flush()
      void watcher.refreshIfOlderThan(FOCUS_AGE_MS)
    }),
  )
  keep(keepSessionFresh(keeper, client))
  void watchLostSecrets(keeper, globalState, identity).then(keep)
  void queue.flush()
  void watcher.refresh()

  const meter: Promptmeter = {
    client,
    session: keeper.current,
    signIn,
    signOut,
    async track(event) {
      await queue.track(event)
      await countWaiting()
    },
    get usage() {
      return watcher.state
    },
    onDidChangeUsage: changed.event,
    refreshUsage: watcher.refresh,
    async handleError(error, { userAsked = false } = {}) {
      if (!isRefusal(error)) return false
      // Said by what the server answers now: once, and with what to do.
      const before = told
      const state = await watcher.refresh()
      if (state.kind === 'signed-out') return true
      if (state.kind !== 'known') return false
      const limit = reachedLimit(state.me.limits)
      if (limit !== null && userAsked && told === before)
        showLimitMessage(limit, state.me.upgradeUrl, identity)
      return limit !== null
    },
    handleUri: callbacks.handleUri,
    dispose: () => {
      for (const disposable of own.reverse()) disposable.dispose()
    },
  }
  context.subscriptions.push(meter)
  return meter
}

/** A limit that is reached or a session that is over, however it was told. */
function isRefusal(error: unknown): boolean {
  if (error instanceof vscode.LanguageModelError)
    return error.code === 'Blocked' || error.code === 'NoPermissions'
  const known = error instanceof PromptmeterError ? error : fromOpenAIError(error)
  return known instanceof LimitReachedError || known instanceof SignInRequiredError
}

/** Of this month (UTC), the model with the most tokens first. */
async function usageByModel(client: PromptmeterClient): Promise<readonly UsageGroupTotal[]> {
  const from = `${new Date().toISOString().slice(0, 7)}-01`
  const { buckets } = await client.usage({ from, interval: 'month', groupBy: 'model' })
  return buckets.flatMap(({ groups = [] }) => groups)
}
