import {
  createClient,
  createOfflineQueue,
  type PromptmeterClient,
  type UsageGroupTotal,
} from '@promptmeter/client'
import * as vscode from 'vscode'
import { platform } from '#platform'
import { createAuthenticationProvider } from './authentication-provider.ts'
import { registerCommands } from './commands.ts'
import { createSessionKeeper } from './core/session-keeper.ts'
import { createUsageWatcher, type UsageState, type UsageWatcher } from './core/usage-watcher.ts'
import { createSessionFlow } from './editor-session.ts'
import { createLimitMessage } from './limit-message.ts'
import { createModelProvider } from './models/model-provider.ts'
import { contributesModels, identityOf, missingContributions, type PromptmeterOptions } from './options.ts'
import type { Promptmeter } from './promptmeter.ts'
import { createRefusals } from './refusals.ts'
import { keepSessionFresh, watchLostSecrets } from './session-care.ts'
import { createCallbackUris } from './sign-in/callback-uris.ts'
import { signInFromEditor } from './sign-in/editor-sign-in.ts'
import { createStatusBar } from './status-bar.ts'

/** A window that gets the focus asks for what is older than this. */
const FOCUS_AGE_MS = 5_000

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
  let disposed = false
  const keep = <T extends vscode.Disposable>(disposable: T): T => {
    if (disposed) disposable.dispose()
    else own.push(disposable)
    return disposable
  }

  const client: PromptmeterClient = createClient({
    serverUrl,
    allowHttp,
    source,
    ...(platform.sendsUserAgent && { userAgent: userAgentOf(source) }),
    token: async () => (await keeper.current())?.token ?? null,
  })
  const keeper = keep(createSessionKeeper(secrets, `${id}.session ${client.serverUrl}`))
  const queue = createOfflineQueue({
    client,
    storage: platform.openQueueStorage(globalStorageUri, id),
    onFlushed() {
      void countWaiting()
      // Something was counted, maybe by another window; or the server is away, or the session over.
      void watcher.refresh()
    },
    onRejected: ({ idempotencyKey }, error) => {
      console.warn(`[${extensionId}] the server refused to count ${idempotencyKey}: ${error}`)
    },
  })
  keep({ dispose: queue.close })

  const callbacks = createCallbackUris(extensionId)
  if (uriHandler) {
    keep(vscode.window.registerUriHandler({ handleUri: (uri) => void callbacks.handleUri(uri) }))
  }
  const askUser = () => signInFromEditor({ client, appName, callbacks, platform })
  const { signIn, signOut, onRefused } = createSessionFlow({ identity, client, keeper, queue, askUser })
  const watcher: UsageWatcher = keep(
    createUsageWatcher({
      token: client.transport.token,
      me: client.me,
      byModel: () => usageByModel(client),
      onRefused,
    }),
  )

  const changed = keep(new vscode.EventEmitter<UsageState>())
  const message = createLimitMessage(globalState, identity)
  const refusals = createRefusals(watcher, message)
  const bar = statusBar ? keep(createStatusBar(identity)) : null
  let waiting = 0
  bar?.show(watcher.state, waiting)
  watcher.onDidChange((state) => {
    bar?.show(state, waiting)
    if (state.kind === 'known' && !state.offline) message.tellOnce(state.me)
    changed.fire(state)
  })

  async function countWaiting(): Promise<void> {
    waiting = await queue.size().catch(() => 0)
    if (!disposed) bar?.show(watcher.state, waiting)
  }

  const authentication = keep(createAuthenticationProvider({ keeper, signIn, signOut }))
  keep(vscode.authentication.registerAuthenticationProvider(id, appName, authentication))
  keep(registerCommands({ identity, client, watcher, signIn, signOut }))

  // Editors made from an older VS Code have no such list.
  const register = vscode.lm?.registerLanguageModelChatProvider
  if (languageModels && contributesModels(extension.packageJSON, id) && typeof register === 'function') {
    const models = keep(
      createModelProvider({
        client,
        describeModel: options.describeModel,
        isSignedIn: async () => (await keeper.current()) !== null,
        signIn: async () => void (await signIn()),
        onCalled: refusals.noteCall,
      }),
    )
    keep(register(id, models))
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
    handleError: refusals.handle,
    handleUri: callbacks.handleUri,
    dispose: () => {
      disposed = true
      for (const disposable of own.splice(0).reverse()) disposable.dispose()
    },
  }
  context.subscriptions.push(meter)
  return meter
}

/** How the session is called where its user sees it: `hello/0.1.0 (Visual Studio Code)`. */
function userAgentOf(source: string): string {
  return `${source} (${vscode.env.appName})`.replace(/[^\x20-\x7e]/g, '')
}

/** Of this month (UTC), the model with the most tokens first. */
async function usageByModel(client: PromptmeterClient): Promise<readonly UsageGroupTotal[]> {
  const from = `${new Date().toISOString().slice(0, 7)}-01`
  const { buckets } = await client.usage({ from, interval: 'month', groupBy: 'model' })
  return buckets.flatMap(({ groups = [] }) => groups)
}
