import { type Me, NetworkError, SignInRequiredError, type UsageGroupTotal } from '@promptmeter/client'
import { createEmitter, type Listen } from './emitter.ts'

/** What there is to show. */
export type UsageState =
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'loading' }
  | {
      readonly kind: 'known'
      readonly me: Me
      /** This month (UTC), the most used model first; null until it is known. */
      readonly byModel: readonly UsageGroupTotal[] | null
      /** The server could not be reached since: this is what was known before. */
      readonly offline: boolean
    }
  | { readonly kind: 'failed'; readonly error: Error; readonly offline: boolean }

export interface UsageSource {
  /** The token, or null while nobody is signed in. */
  token(): Promise<string | null>
  me(): Promise<Me>
  byModel(): Promise<readonly UsageGroupTotal[]>
  /** The server does not take this token any more. */
  onRefused(token: string): Promise<void>
}

export interface UsageWatcher {
  readonly state: UsageState
  readonly onDidChange: Listen<UsageState>
  /**
   * Asks the server; several that ask at once share one answer, and the one after it. Never throws: what went wrong is the
   * state.
   */
  refresh(): Promise<UsageState>
  /** The same unless what is known is younger than `ms`: for what happens often, such as a window that gets the focus. */
  refreshIfOlderThan(ms: number): Promise<UsageState>
  dispose(): void
}

const BY_MODEL_EVERY_MS = 60_000

/** Timers run 24 days at most; what resets later is seen by then in other ways. */
const LONGEST_TIMER_MS = 24 * 24 * 60 * 60 * 1000

/** Asks the server where the user stands: when told to, and when a limit resets. */
export function createUsageWatcher(source: UsageSource): UsageWatcher {
  const changed = createEmitter<UsageState>()
  let state: UsageState = { kind: 'loading' }
  let askedAt = 0
  let modelsAskedAt = 0
  let running: Promise<UsageState> | undefined
  let queued: Promise<UsageState> | undefined
  let resetTimer: ReturnType<typeof setTimeout> | undefined
  let disposed = false

  function become(next: UsageState): UsageState {
    state = next
    if (!disposed) changed.fire(next)
    return next
  }

  async function ask(): Promise<UsageState> {
    clearTimeout(resetTimer)
    const token = await source.token()
    if (token === null) {
      modelsAskedAt = 0
      return become({ kind: 'signed-out' })
    }
    askedAt = Date.now()
    try {
      const me = await source.me()
      const byModel = await findByModel(me)
      scheduleReset(me)
      return become({ kind: 'known', me, byModel, offline: false })
    } catch (error) {
      if (error instanceof SignInRequiredError) {
        await source.onRefused(token)
        return (await source.token()) === null ? become({ kind: 'signed-out' }) : state
      }
      const offline = error instanceof NetworkError
      if (offline && state.kind === 'known') return become({ ...state, offline })
      return become({ kind: 'failed', error: error as Error, offline })
    }
  }

  /** Less often than the counts, and where it fails what was known before. */
  async function findByModel(me: Me): Promise<readonly UsageGroupTotal[] | null> {
    const known = state.kind === 'known' && state.me.id === me.id ? state.byModel : null
    if (known !== null && Date.now() - modelsAskedAt < BY_MODEL_EVERY_MS) return known
    modelsAskedAt = Date.now()
    return source.byModel().catch(() => known)
  }

  function scheduleReset({ limits }: Me): void {
    const resets = limits.flatMap(({ resetsAt }) => (resetsAt === null ? [] : [Date.parse(resetsAt)]))
    if (resets.length === 0 || disposed) return
    // Not every editor in the same second.
    const wait = Math.min(...resets) - Date.now() + 1_000 + Math.random() * 10_000
    if (wait > LONGEST_TIMER_MS) return
    resetTimer = setTimeout(() => void refresh(), Math.max(wait, 1_000))
  }

  function refresh(): Promise<UsageState> {
    if (running !== undefined) {
      // The answer under way may be from before what the caller has just done.
      queued ??= running.then(() => {
        queued = undefined
        return refresh()
      })
      return queued
    }
    running = ask().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    get state() {
      return state
    },
    onDidChange: changed.on,
    refresh,
    refreshIfOlderThan: async (ms) => (Date.now() - askedAt < ms ? state : refresh()),
    dispose() {
      disposed = true
      clearTimeout(resetTimer)
    },
  }
}
