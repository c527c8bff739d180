import type { BatchEvent, BatchResult, UsageCounts } from '../wire-types.ts'
import type { StoredEvent } from './queue-storage.ts'

/**
 * The server takes what is at most 30 days old; what is older is counted as of now rather than lost. Where it had been
 * counted before, its key was used with another body, which says just that.
 */
const OLDEST_MS = 29 * 24 * 60 * 60 * 1000

export interface QueuedEvent {
  readonly id: string
  readonly event: BatchEvent
}

/**
 * Stored events as they are sent, and the ids of those that nobody can read any more.
 * @param undated ids of events to send without their instant
 */
export function readStored(stored: readonly StoredEvent[], now: number, undated: ReadonlySet<string>) {
  const events: QueuedEvent[] = []
  const unreadable: string[] = []
  for (const { id, text } of stored) {
    const event = parseEvent(text)
    if (event === null) unreadable.push(id)
    else events.push({ id, event: datedAnew(event, undated.has(id) ? Number.POSITIVE_INFINITY : now) })
  }
  return { events, unreadable }
}

function parseEvent(text: string): BatchEvent | null {
  try {
    const event = JSON.parse(text)
    return typeof event?.idempotencyKey === 'string' ? event : null
  } catch {
    return null
  }
}

function datedAnew(event: BatchEvent, now: number): BatchEvent {
  const { occurredAt, ...undated } = event
  return occurredAt === undefined || now - Date.parse(occurredAt) < OLDEST_MS ? event : undated
}

type Refusal = Extract<BatchResult, { error: string }>

export interface BatchOutcome {
  /** Counted, now or before, or refused for good: these are done with. */
  readonly finished: readonly string[]
  readonly counted: number
  /** After the last event that was counted. */
  readonly counts: UsageCounts | undefined
  readonly rejected: readonly { readonly event: BatchEvent; readonly error: string }[]
  /**
   * Ids of events that were refused together with their instant, which may be all that is wrong: the clock of this machine is
   * ahead. They are sent once more without it.
   */
  readonly misdated: readonly string[]
  /** Why the others wait on. */
  readonly waiting: Refusal | undefined
}

/** What an answer means for each event. An event without a result waits on: it may or may not have been counted. */
export function judgeResults(events: readonly QueuedEvent[], results: readonly BatchResult[]): BatchOutcome {
  const finished: string[] = []
  const rejected = []
  const misdated: string[] = []
  let counted = 0
  let counts: UsageCounts | undefined
  let waiting: Refusal | undefined
  for (const [index, { id, event }] of events.entries()) {
    const result = results[index]
    if (result?.status === undefined) continue
    if ('error' in result) {
      if (result.code === 'idempotency_key_reused') counted += 1
      else if (isForGood(result) && event.occurredAt !== undefined) {
        misdated.push(id)
        continue
      } else if (isForGood(result)) rejected.push({ event, error: result.error })
      else {
        waiting ??= result
        continue
      }
    } else {
      counted += 1
      counts = result
    }
    finished.push(id)
  }
  return { finished, counted, counts, rejected, misdated, waiting }
}

/** Only what the event itself is to blame for: a session can begin anew, and a user be enabled again. */
function isForGood({ code }: Refusal): boolean {
  return (
    code === 'body_too_large' ||
    code === 'invalid_usage' ||
    code === 'idempotency_key_invalid' ||
    code === 'invalid_request'
  )
}
