import { MAX_COUNT, MAX_EVENT_AGE_MS, MAX_EVENT_LEAD_MS } from '@promptmeter/contract'
import type { EventKind } from '../database/tables.ts'
import {
  isSameBody,
  type RecordedUsage,
  refused,
  type UsageBody,
  type UsageCall,
  type UsageOutcome,
} from './usage-call.ts'

/** A user as the batch found it, its row locked until the commit. */
export interface LockedUser {
  readonly promptCount: number
  readonly tokenCount: number
  /** The seq of the newest event. */
  readonly eventCount: number
  readonly thresholdOverride: number | null
  readonly disabled: boolean
}

/** An event that an idempotency key names already, with the counts it answered. */
export interface KnownEvent extends UsageBody {
  readonly kind: EventKind
  readonly promptCountAfter: number
  readonly tokenCountAfter: number
}

/** What the database said once every user of the batch was locked. */
export interface BatchFacts {
  /** The database's clock. */
  readonly now: Date
  readonly users: ReadonlyMap<string, LockedUser>
  /** Sessions of the batch that are revoked, expired or gone. */
  readonly endedSessions: ReadonlySet<string>
  /** By `keyedEvent(userId, idempotencyKey)`. */
  readonly knownEvents: ReadonlyMap<string, KnownEvent>
}

/** An event to insert. */
export interface NewEvent {
  readonly call: UsageCall
  readonly seq: number
  readonly promptCountAfter: number
  readonly tokenCountAfter: number
}

export interface BatchDecision {
  readonly outcomes: readonly UsageOutcome[]
  readonly events: readonly NewEvent[]
}

export function keyedEvent(userId: string, idempotencyKey: string): string {
  return `${userId} ${idempotencyKey}`
}

/**
 * Decides a batch in arrival order: calls of one user see each other's counts, and a key repeated inside the batch is
 * a replay.
 */
export function decideBatch(calls: readonly UsageCall[], facts: BatchFacts): BatchDecision {
  const running = new Map<string, Standing>()
  const recordedNow = new Map<string, KnownEvent>()
  const events: NewEvent[] = []

  const outcomes = calls.map((call): UsageOutcome => {
    const user = facts.users.get(call.userId)
    if (user === undefined) return refused('user_not_found', 'User not found.')
    if (facts.endedSessions.has(call.sessionId)) return refused('token_invalid', 'Invalid or expired token.')
    if (user.disabled) return refused('user_disabled', 'This user is disabled.')

    const key = call.idempotencyKey === null ? null : keyedEvent(call.userId, call.idempotencyKey)
    const known = key === null ? undefined : (facts.knownEvents.get(key) ?? recordedNow.get(key))
    if (known !== undefined) return replay(call, known, user)

    const standing = running.get(call.userId) ?? user
    const problem = findProblem(call, standing, facts.now)
    if (problem !== null) return refused('invalid_usage', problem)

    const after = {
      promptCount: standing.promptCount + call.prompts,
      tokenCount: standing.tokenCount + call.tokens,
      eventCount: standing.eventCount + 1,
    }
    running.set(call.userId, after)
    const event = { promptCountAfter: after.promptCount, tokenCountAfter: after.tokenCount }
    events.push({ call, seq: after.eventCount, ...event })
    if (key !== null) recordedNow.set(key, { ...call, ...event, kind: 'usage' })
    return recorded(after.promptCount, after.tokenCount, user, false)
  })
  return { outcomes, events }
}

type Standing = Pick<LockedUser, 'promptCount' | 'tokenCount' | 'eventCount'>

function replay(call: UsageCall, known: KnownEvent, user: LockedUser): UsageOutcome {
  if (known.kind !== 'usage' || !isSameBody(call, known)) {
    return refused('idempotency_key_reused', 'This idempotency key was used before with another body.')
  }
  return recorded(known.promptCountAfter, known.tokenCountAfter, user, true)
}

function recorded(
  promptCount: number,
  tokenCount: number,
  user: LockedUser,
  replayed: boolean,
): RecordedUsage {
  return { kind: 'recorded', promptCount, tokenCount, thresholdOverride: user.thresholdOverride, replayed }
}

/** Checked here and not on arrival: a retry of an event that has grown too old meanwhile must still find its answer. */
function findProblem(call: UsageCall, standing: Standing, now: Date): string | null {
  if (call.prompts > MAX_COUNT - standing.promptCount)
    return 'usage would take the prompt count past its range.'
  if (call.tokens > MAX_COUNT - standing.tokenCount)
    return 'tokenCount would take the token count past its range.'
  if (call.occurredAt === null) return null
  const leadMs = call.occurredAt.getTime() - now.getTime()
  if (leadMs > MAX_EVENT_LEAD_MS) return 'occurredAt must be at most 5 minutes ahead.'
  if (-leadMs > MAX_EVENT_AGE_MS) return 'occurredAt must be at most 30 days back.'
  return null
}
