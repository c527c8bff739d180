import { MAX_COUNT, MAX_EVENT_AGE_MS, MAX_EVENT_LEAD_MS } from '@promptmeter/contract'
import type { KnownEvent, LedgerBatch } from './ledger-batch.ts'
import { refused } from './refusal.ts'
import { isSameBody, type UsageCall, type UsageOutcome } from './usage-call.ts'
import { UserAccount } from './user-account.ts'

/** Counts one call. It records a fact, so no limit refuses it. */
export function decideUsage(call: UsageCall, batch: LedgerBatch): UsageOutcome {
  const account = batch.admit(call)
  if (!(account instanceof UserAccount)) return account
  const known = batch.findEvent(call.userId, call.idempotencyKey)
  if (known !== undefined) return replay(call, known, account)

  const problem = findProblem(call, account, batch.facts.now)
  if (problem !== null) return refused('invalid_usage', problem)
  const { prompts, tokens, model, source, occurredAt, idempotencyKey } = call
  batch.record(account, {
    kind: 'usage',
    prompts,
    tokens,
    cost: 0,
    model,
    source,
    occurredAt,
    idempotencyKey,
    usage: null,
    holdId: null,
  })
  batch.usedSessions.add(call.sessionId)
  const { total, threshold } = account
  return {
    kind: 'recorded',
    promptCount: total.prompts,
    tokenCount: total.tokens,
    threshold,
    replayed: false,
  }
}

function replay(call: UsageCall, known: KnownEvent, { threshold }: UserAccount): UsageOutcome {
  if (known.kind !== 'usage' || known.holdId !== null || !isSameBody(call, known)) {
    return refused('idempotency_key_reused', 'This idempotency key was used before with another body.')
  }
  return {
    kind: 'recorded',
    promptCount: known.promptCountAfter,
    tokenCount: known.tokenCountAfter,
    threshold,
    replayed: true,
  }
}

/** Checked here and not on arrival: a retry of an event that has grown too old meanwhile must still find its answer. */
function findProblem(call: UsageCall, { total }: UserAccount, now: Date): string | null {
  if (call.prompts > MAX_COUNT - total.prompts) return 'usage would take the prompt count past its range.'
  if (call.tokens > MAX_COUNT - total.tokens) return 'tokenCount would take the token count past its range.'
  if (call.occurredAt === null) return null
  const leadMs = call.occurredAt.getTime() - now.getTime()
  if (leadMs > MAX_EVENT_LEAD_MS) return 'occurredAt must be at most 5 minutes ahead.'
  if (-leadMs > MAX_EVENT_AGE_MS) return 'occurredAt must be at most 30 days back.'
  return null
}
