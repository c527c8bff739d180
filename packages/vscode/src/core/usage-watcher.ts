import {
  type Me,
  NetworkError,
  readSessionToken,
  SignInRequiredError,
  type UsageGroupTotal,
} from '@promptmeter/client'
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

/** A reset that is past by this clock and not by the server's: the clocks differ. */
const PAST_RESET_AGAIN_MS = 60_000

/** Timers run 24 days at most; what resets later is seen by then in other ways. */
const LONGEST_TIMER_MS = 24 * 24 * 60 * 60 * 1000

/** Asks the server where the user stands: when told to, and when a limit resets. */
export function createUsageWatcher(source: UsageSource): UsageWatcher {
  const changed = createEmitter<UsageState>()
  let state: UsageState = { kind: 'loading' }
  let askedAt = 0
  let models: { userId: string; occasion: string; totals: readonly UsageGroupTotal[] } | undefined
  let running: Promise<UsageState> | undefined
  let queued: Promise<UsageState> | undefined
  let resetTimer: ReturnType<typeof setTimeout> | undefined
  let disposed = false

  function become(next: UsageState): UsageState {
    state = next
    if (!disposed) changed.fire(next)
    return next
  }

  function becomeSignedOut(): UsageState {
    clearTimeout(resetTimer)
    models = undefined
    return become({ kind: 'signed-out' })
  }

  async function ask(): Promise<UsageState> {
    let token: string | null = null
    try {
      token = await source.token()
      if (token === null) return becomeSignedOut()
      askedAt = Date.now()
      const me = await source.me()
      const byModel = await findByModel(me)
      scheduleReset(me)
      return become({ kind: 'known', me, byModel, offline: false })
    } catch (error) {
      if (error instanceof SignInRequiredError && token !== null) return afterRefusal(token, error)
      const offline = error instanceof NetworkError
      if (offline && state.kind === 'known' && mayBeOf(token, state.me)) return become({ ...state, offline })
      return become({ kind: 'failed', error: error as Error, offline })
    }
  }

  async function afterRefusal(token: string, refusal: SignInRequiredError): Promise<UsageState> {
    try {
      await source.onRefused(token)
      return (await source.token()) === null ? becomeSignedOut() : state
    } catch {
      return become({ kind: 'failed', error: refusal, offline: false })
    }
  }

  /** Asked only where something was counted since; where that fails, what was known before. */
  async function findByModel(me: Me): Promise<readonly UsageGroupTotal[] | null> {
    const { id: userId, promptCount, tokenCount, costMicros } = me
    const month = new Date().toISOString().slice(0, 7)
    const occasion = [month, promptCount, tokenCount, costMicros].join(' ')
    const known = models?.userId === userId ? models : undefined
    if (known?.occasion === occasion) return known.totals
    try {
      models = { userId, occasion, totals: await source.byModel() }
      return models.totals
    } catch {
      return known?.totals ?? null
    }
  }

  function scheduleReset({ limits }: Me): void {
    clearTimeout(resetTimer)
    const resets = limits.flatMap(({ resetsAt }) => (resetsAt === null ? [] : [Date.parse(resetsAt)]))
    if (resets.length === 0 || disposed) return
    const left = Math.min(...resets) - Date.now()
    // Not every editor in the same second.
    const wait = (left > 0 ? left + 1_000 : PAST_RESET_AGAIN_MS) + Math.random() * 10_000
    if (wait > LONGEST_TIMER_MS) return
    resetTimer = setTimeout(() => void refresh(), wait)
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

/** Another user must not be shown what was known of the one before. */
function mayBeOf(token: string | null, me: Me): boolean {
  const claims = token === null ? null : readSessionToken(token)
  return claims === null || claims.userId === me.id
}
