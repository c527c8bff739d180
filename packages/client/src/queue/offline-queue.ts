import type { PromptmeterClient } from '../client.ts'
import { PromptmeterError, SignInRequiredError } from '../errors.ts'
import { readSessionToken } from '../session-token.ts'
import type { BatchEvent, BatchResult, UsageCounts, UsageEvent } from '../wire-types.ts'
import { memoryStorage, type QueueStorage } from './queue-storage.ts'
import { judgeResults, readStored } from './queued-batch.ts'

/** Half of what the server takes at once. */
const BATCH_EVENTS = 500

const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 5 * 60_000

/** A server that asks for a longer wait is asked again after this. */
const LONGEST_PATIENCE_MS = 60 * 60_000

export interface OfflineQueueOptions {
  readonly client: PromptmeterClient
  /** Where events wait; the memory of this process when left out. */
  readonly storage?: QueueStorage
  /** The most events that wait at once for one user; 10,000 when left out. */
  readonly maxEvents?: number
  /** After each batch, with the counts after its last event and how many were counted. */
  readonly onSent?: (counts: UsageCounts, sent: number) => void
  /** After each attempt to send that failed, or where something waited, before or still: another window may have sent it. */
  readonly onFlushed?: (result: FlushResult) => void
  /** For an event that can never be counted, with why. It is taken out. */
  readonly onRejected?: (event: BatchEvent, error: string) => void
}

export interface OfflineQueue {
  /**
   * Keeps an event, then sends it in the background. Once this resolves the event is counted once, if the server is reached
   * at any time, by whatever window.
   * @throws SignInRequiredError when nobody is signed in; PromptmeterError `queue_full`; then nothing was kept
   */
  track(event: UsageEvent): Promise<void>
  /** Sends what waits. Never throws: what could not be sent waits on. */
  flush(): Promise<FlushResult>
  /** How many events of the user who is signed in wait. */
  size(): Promise<number>
  /** Sends nothing any more. What waits stays where it is. */
  close(): void
}

export interface FlushResult {
  readonly sent: number
  readonly left: number
  /** Why some are left; null when nothing is, or another window is at it. */
  readonly error: unknown
}

const NOTHING: FlushResult = { sent: 0, left: 0, error: null }

interface QueueUser {
  readonly token: string
  readonly prefix: string
}

export function createOfflineQueue(options: OfflineQueueOptions): OfflineQueue {
  const { client, storage = memoryStorage(), maxEvents = 10_000, onSent, onFlushed, onRejected } = options
  let sequence = 0
  let closed = false
  let pauses = 0
  /** Whether something waited when last looked at. */
  let waited = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let flushing: Promise<FlushResult> | undefined
  let adding: Promise<void> = Promise.resolve()
  /** Until when the server asks not to be asked, in Unix milliseconds. */
  let notBefore = 0
  /** Ids of events that are sent without their instant. */
  const undated = new Set<string>()

  /** Events are of one user, so that whoever signs in next does not pay for them. */
  async function findUser(): Promise<QueueUser | null> {
    const token = await client.transport.token()
    const claims = token === null ? null : readSessionToken(token)
    return token === null || claims === null ? null : { token, prefix: `${claims.userId}.` }
  }

  /** Sorts by age, over all windows as far as their clock goes, and by the order of calls within one. */
  function nextId(prefix: string): string {
    sequence += 1
    const parts = [Date.now().toString(36).padStart(9, '0'), sequence.toString(36).padStart(6, '0')]
    return `${prefix}${parts.join('-')}-${crypto.randomUUID().slice(0, 8)}`
  }

  /** Sends batch after batch until nothing is left. @throws PromptmeterError where some have to wait */
  async function send(
    { token, prefix }: QueueUser,
    stillMine: () => Promise<boolean>,
    onCounted: (events: number) => void,
  ): Promise<void> {
    let size = BATCH_EVENTS
    while (!closed && (await stillMine())) {
      const stored = await storage.list(prefix, size)
      if (stored.length === 0) return
      const { events, unreadable } = readStored(stored, Date.now(), undated)
      await storage.remove(unreadable)
      if (events.length === 0) continue
      const batch = events.map(({ event }) => event)
      // The token that the events were chosen by: somebody else may be signed in by now.
      const answer = await client.trackUsageBatch(batch, { token, maxRetries: 0 }).catch(ifTooLarge)
      const isTooLarge = answer instanceof PromptmeterError
      // Halves lead to the one event that is too large by itself; the others go through.
      size = isTooLarge ? Math.ceil(events.length / 2) : BATCH_EVENTS
      if (isTooLarge && events.length > 1) continue
      const results = isTooLarge ? [refusalFrom(answer)] : answer
      const { finished, counted, counts, rejected, misdated, waiting } = judgeResults(events, results)
      await storage.remove(finished)
      for (const id of finished) undated.delete(id)
      for (const id of misdated) undated.add(id)
      onCounted(counted)
      for (const { event, error } of rejected) onRejected?.(event, error)
      if (counts !== undefined) onSent?.(counts, counted)
      if (waiting !== undefined) throw new PromptmeterError(waiting.code, waiting.error)
      if (finished.length + misdated.length === 0)
        throw new PromptmeterError('unexpected_answer', 'No event got a result.')
    }
  }

  async function flushOnce(): Promise<FlushResult> {
    let sent = 0
    let left = 0
    let error: unknown = null
    try {
      const user = await findUser()
      if (user === null) return NOTHING
      await storage
        .exclusively((stillMine) =>
          send(user, stillMine, (events) => {
            sent += events
          }),
        )
        .catch((thrown) => {
          error = thrown
        })
      left = await storage.count(user.prefix)
    } catch (thrown) {
      error = thrown
    }
    notBefore = 0
    if (left === 0 && error === null) pauses = 0
    // Whoever signs in next calls flush; anything else may pass by itself.
    else if (!(error instanceof SignInRequiredError)) later(patienceWith(error))
    return tell({ sent, left, error })
  }

  function tell(result: FlushResult): FlushResult {
    const isIdle = result.sent + result.left === 0 && result.error === null && !waited
    waited = result.left > 0
    if (isIdle) return result
    try {
      onFlushed?.(result)
      return result
    } catch (error) {
      return { ...result, error }
    }
  }

  function flush(): Promise<FlushResult> {
    if (closed) return Promise.resolve(NOTHING)
    clearTimeout(timer)
    flushing ??= flushOnce().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  function later(patienceMs: number): void {
    if (closed) return
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pauses)
    notBefore = Date.now() + patienceMs
    pauses += 1
    clearTimeout(timer)
    timer = setTimeout(flush, patienceMs + pause * (0.5 + Math.random() / 2))
    // A process that has nothing else to do may end; what waits is kept.
    ;(timer as { unref?: () => void }).unref?.()
  }

  const onOnline = () => {
    pauses = 0
    void flush()
  }
  const { addEventListener, removeEventListener } = globalThis as Partial<EventTarget>
  addEventListener?.call(globalThis, 'online', onOnline)

  async function keep(prefix: string, event: BatchEvent): Promise<void> {
    if ((await storage.count(prefix)) >= maxEvents) {
      throw new PromptmeterError('queue_full', `${maxEvents} events wait already; nothing was kept.`)
    }
    await storage.add({ id: nextId(prefix), text: JSON.stringify(event) })
    waited = true
  }

  return {
    async track(event) {
      const user = await findUser()
      if (user === null) throw new SignInRequiredError('token_missing', 'Sign in first.')
      const kept: BatchEvent = {
        occurredAt: new Date().toISOString(),
        ...(client.source !== undefined && { source: client.source }),
        ...event,
        idempotencyKey: crypto.randomUUID(),
      }
      // One after the other, so that the bound holds and ids are in the order of calls.
      const added = adding.then(() => keep(user.prefix, kept))
      adding = added.catch(() => {})
      await added
      if (Date.now() < notBefore) return
      // One that is under way may have read the list before: the next one comes after it.
      void (flushing === undefined ? flush() : flushing.then(flush))
    },
    flush,
    async size() {
      const user = await findUser()
      return user === null ? 0 : storage.count(user.prefix)
    },
    close() {
      closed = true
      clearTimeout(timer)
      removeEventListener?.call(globalThis, 'online', onOnline)
    },
  }
}

/** How long the server asks to be left alone, in milliseconds. */
function patienceWith(error: unknown): number {
  const asked = error instanceof PromptmeterError ? (error.retryAfterMs ?? 0) : 0
  return Math.min(asked, LONGEST_PATIENCE_MS)
}

/** @throws the error where it is of another kind */
function ifTooLarge(error: unknown): PromptmeterError {
  if (error instanceof PromptmeterError && error.status === 413) return error
  throw error
}

function refusalFrom({ message }: PromptmeterError): BatchResult {
  return { status: 413, code: 'body_too_large', error: message }
}
