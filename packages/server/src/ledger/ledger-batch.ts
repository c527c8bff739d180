import type { EventKind } from '../database/tables.ts'
import type { Amounts } from '../quotas/amounts.ts'
import { type Plan, type Terms, termsOf } from '../quotas/plan.ts'
import type { Price } from '../quotas/price.ts'
import type { HoldCall, RecordedCall, TokenUsage } from './hold-call.ts'
import type { LedgerCall } from './ledger-call.ts'
import { type Refusal, refused } from './refusal.ts'
import type { UsageBody } from './usage-call.ts'
import { type LockedUser, UserAccount } from './user-account.ts'

/** What is granted and what it costs, as the operator set it. */
export interface Catalog {
  readonly plans: ReadonlyMap<string, Plan>
  readonly prices: readonly Price[]
}

/** An event that an idempotency key names already, with the counts it answered. */
export interface KnownEvent extends UsageBody, RecordedCall {
  readonly kind: EventKind
  /** The hold it settled, or null when it came without one. */
  readonly holdId: string | null
  readonly promptCountAfter: number
  readonly tokenCountAfter: number
}

/** A hold that a call of the batch names. */
export interface KnownHold {
  readonly amounts: Amounts
  /** False once it has expired: then it counts for nothing. */
  readonly active: boolean
  readonly model: string | null
  readonly source: string | null
}

/** What the database said once every user of the batch was locked. */
export interface BatchFacts {
  /** The database's clock. */
  readonly now: Date
  readonly catalog: Catalog
  readonly users: ReadonlyMap<string, LockedUser>
  /** Sessions of the batch that are revoked, expired or gone. */
  readonly endedSessions: ReadonlySet<string>
  /** By `keyedEvent(userId, idempotencyKey)`. */
  readonly knownEvents: ReadonlyMap<string, KnownEvent>
  /** By user: what active holds amount to. */
  readonly held: ReadonlyMap<string, Amounts>
  /** By id, those that calls of the batch name. */
  readonly knownHolds: ReadonlyMap<string, KnownHold>
  /** Of those that calls name and that are there no more: which have been settled. */
  readonly settledHolds: ReadonlySet<string>
  /** By `keyedEvent(userId, idempotencyKey)`: keys of active holds. */
  readonly keysInFlight: ReadonlySet<string>
}

/** An event to insert. */
export interface NewEvent extends UsageBody {
  readonly kind: EventKind
  readonly userId: string
  readonly seq: number
  readonly cost: number
  readonly idempotencyKey: string | null
  readonly promptCountAfter: number
  readonly tokenCountAfter: number
  /** What a call of the gateway used. */
  readonly usage: TokenUsage | null
  readonly holdId: string | null
}

export interface NewHold extends Pick<HoldCall, 'userId' | 'holdId' | 'model' | 'source' | 'idempotencyKey'> {
  readonly amounts: Amounts
  readonly expiresAt: Date
}

export interface HoldRef {
  readonly userId: string
  readonly holdId: string
}

export interface RenewedHold extends HoldRef {
  readonly expiresAt: Date
}

export function keyedEvent(userId: string, idempotencyKey: string): string {
  return `${userId} ${idempotencyKey}`
}

/** A batch while it is decided: what was found, what the calls so far have made of it, and what is to be written. */
export class LedgerBatch {
  readonly facts: BatchFacts
  readonly events: NewEvent[] = []
  readonly newHolds: NewHold[] = []
  readonly endedHolds: HoldRef[] = []
  /** Sessions that were put to use. */
  readonly usedSessions = new Set<string>()
  readonly #accounts = new Map<string, UserAccount>()
  readonly #recordedNow = new Map<string, KnownEvent>()
  readonly #keysInFlight = new Set<string>()
  readonly #concluded = new Map<string, 'settled' | 'ended'>()
  readonly #renewed = new Map<string, RenewedHold>()

  constructor(facts: BatchFacts) {
    this.facts = facts
  }

  /** The user of a call, or null when there is none. */
  accountOf(userId: string): UserAccount | null {
    const open = this.#accounts.get(userId)
    if (open !== undefined) return open
    const { users, held, now } = this.facts
    const user = users.get(userId)
    if (user === undefined) return null
    const account = new UserAccount(userId, user, this.#termsOf(user), held.get(userId), now)
    this.#accounts.set(userId, account)
    return account
  }

  /** The caller's account, or why the call may not go on, as the contract orders it. */
  admit({ userId, sessionId }: { userId: string; sessionId: string }): UserAccount | Refusal {
    const account = this.accountOf(userId)
    if (account === null) return refused('user_not_found', 'User not found.')
    if (this.facts.endedSessions.has(sessionId)) return refused('token_invalid', 'Invalid or expired token.')
    if (account.disabled) return refused('user_disabled', 'This user is disabled.')
    return account
  }

  /** The event that a key names already, also one of an earlier call in this batch. */
  findEvent(userId: string, idempotencyKey: string | null): KnownEvent | undefined {
    if (idempotencyKey === null) return undefined
    const key = keyedEvent(userId, idempotencyKey)
    return this.facts.knownEvents.get(key) ?? this.#recordedNow.get(key)
  }

  isInFlight(userId: string, idempotencyKey: string | null): boolean {
    if (idempotencyKey === null) return false
    const key = keyedEvent(userId, idempotencyKey)
    return this.facts.keysInFlight.has(key) || this.#keysInFlight.has(key)
  }

  /** A hold that is there, or null once it was settled, released or swept. */
  findHold(holdId: string): KnownHold | null {
    if (this.#concluded.has(holdId)) return null
    return this.facts.knownHolds.get(holdId) ?? null
  }

  isSettled(holdId: string): boolean {
    return this.facts.settledHolds.has(holdId) || this.#concluded.get(holdId) === 'settled'
  }

  /** Adds an event to the account, and to what is written. */
  record(
    account: UserAccount,
    event: Omit<NewEvent, 'userId' | 'seq' | 'promptCountAfter' | 'tokenCountAfter'>,
  ): void {
    const { prompts, tokens, cost } = event
    const seq = account.use({ prompts, tokens, cost })
    const after = { promptCountAfter: account.total.prompts, tokenCountAfter: account.total.tokens }
    this.events.push({ ...event, ...after, userId: account.id, seq })
    if (event.idempotencyKey === null) return
    const { usage } = event
    this.#recordedNow.set(keyedEvent(account.id, event.idempotencyKey), {
      ...event,
      ...after,
      inputTokens: usage?.inputTokens ?? null,
      cachedInputTokens: usage?.cachedInputTokens ?? null,
      outputTokens: usage?.outputTokens ?? null,
      reasoningTokens: usage?.reasoningTokens ?? null,
      estimated: usage?.estimated ?? false,
    })
  }

  hold(account: UserAccount, hold: NewHold): void {
    account.hold(hold.amounts)
    this.newHolds.push(hold)
    if (hold.idempotencyKey !== null) this.#keysInFlight.add(keyedEvent(account.id, hold.idempotencyKey))
  }

  renew({ userId, holdId }: HoldRef, expiresAt: Date): void {
    this.#renewed.set(holdId, { userId, holdId, expiresAt })
  }

  /** Holds that go on, none of which this batch ends. */
  get renewedHolds(): RenewedHold[] {
    return [...this.#renewed.values()]
  }

  /** Takes a hold away, whether it is still there or not. */
  end(account: UserAccount, ref: HoldRef, as: 'settled' | 'ended'): void {
    const hold = this.findHold(ref.holdId)
    // What is settled stays settled, whoever gives it back afterwards.
    if (!this.isSettled(ref.holdId)) this.#concluded.set(ref.holdId, as)
    if (hold === null) return
    if (hold.active) account.unhold(hold.amounts)
    // A statement that updates and deletes the same row does one of the two, and nobody can say which.
    this.#renewed.delete(ref.holdId)
    this.endedHolds.push({ userId: ref.userId, holdId: ref.holdId })
  }

  /** Every user whose row changes. */
  get changedAccounts(): UserAccount[] {
    const { users } = this.facts
    return [...this.#accounts.values()].filter(
      (account) => account.rate !== null || account.eventCount !== users.get(account.id)?.eventCount,
    )
  }

  #termsOf({ plan, overrides, thresholdOverride }: LockedUser): Terms {
    const found = this.facts.catalog.plans.get(plan)
    if (found === undefined) throw new Error(`the plan ${plan} is not in the catalog`)
    return termsOf(found, overrides, thresholdOverride)
  }
}

/** The same, for whoever has decided it. */
export type DecidedBatch = Pick<
  LedgerBatch,
  'events' | 'newHolds' | 'endedHolds' | 'renewedHolds' | 'usedSessions' | 'changedAccounts'
>

export type CallOf<Kind extends LedgerCall['kind']> = Extract<LedgerCall, { kind: Kind }>
