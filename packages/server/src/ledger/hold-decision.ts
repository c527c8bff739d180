import type { Amounts } from '../quotas/amounts.ts'
import type { LimitStanding } from '../quotas/limit-standing.ts'
import { allowsModel } from '../quotas/model-pattern.ts'
import { limitsCost, limitsTokens } from '../quotas/plan.ts'
import { findPrice, outputWithin, type Price, worstCostOf } from '../quotas/price.ts'
import type { HoldCall, HoldOutcome, HoldRefusal, RecordedCall } from './hold-call.ts'
import type { KnownEvent, LedgerBatch } from './ledger-batch.ts'
import { refused } from './refusal.ts'
import { UserAccount } from './user-account.ts'

/** The most tokens of one answer where neither the request nor the plan says, and tokens or cost are limited. */
export const DEFAULT_MAX_TOKENS = 4096

/** An answer shorter than this is not worth the call, and OpenAI takes no smaller bound: the call is refused instead. */
export const MIN_MAX_TOKENS = 16

/**
 * Admits a call of the upstream only if its worst case fits into every limit beside what is used and held. Where fewer
 * tokens are left than it asks for, the answer is capped.
 */
export function decideHold(call: HoldCall, batch: LedgerBatch): HoldOutcome {
  const account = batch.admit(call)
  if (!(account instanceof UserAccount)) return account
  const repeated = findRepetition(call, batch)
  if (repeated !== null) return repeated

  const { terms } = account
  const needsTokens = limitsTokens(terms)
  const price = findPrice(batch.facts.catalog.prices, call.model, batch.facts.now)
  const before = account.report()
  const refusal = findUnfit(call, account, price) ?? findFull(before.standings, account)
  if (refusal !== null) return { ...refusal, quota: before }
  if (needsTokens && call.inputTokens === null) return { kind: 'tokens_needed' }

  const inputTokens = call.inputTokens ?? 0
  const wanted = call.maxTokens ?? terms.defaultMaxTokens ?? DEFAULT_MAX_TOKENS
  const fit = needsTokens ? fitTokens(before.standings, inputTokens, wanted, call.answers, price) : null
  if (fit !== null && 'reached' in fit) return { ...quotaRefusal(fit.reached), quota: before }

  const outputTokens = fit === null ? 0 : fit.maxTokens * call.answers
  const amounts: Amounts = {
    prompts: 1,
    tokens: needsTokens ? inputTokens + outputTokens : 0,
    cost: needsTokens && price !== null ? worstCostOf(inputTokens, outputTokens, price) : 0,
  }
  const { userId, holdId, model, source, idempotencyKey } = call
  const expiresAt = new Date(batch.facts.now.getTime() + call.lifetimeMs)
  batch.hold(account, { userId, holdId, model, source, idempotencyKey, amounts, expiresAt })
  batch.usedSessions.add(call.sessionId)
  return {
    kind: 'held',
    maxTokens: fit === null || call.answers === 0 ? null : fit.maxTokens,
    price,
    quota: account.report(),
    quotaBefore: before,
  }
}

/** A key that was charged stays charged; one that is in flight waits; one that ended uncharged is free again. */
function findRepetition({ userId, idempotencyKey }: HoldCall, batch: LedgerBatch): HoldRefusal | null {
  const known = batch.findEvent(userId, idempotencyKey)
  if (known !== undefined) {
    return {
      ...refused('idempotency_key_used', 'A call with this idempotency key was charged before.'),
      recorded: recordedCallOf(known),
    }
  }
  if (!batch.isInFlight(userId, idempotencyKey)) return null
  return refused('idempotency_key_in_flight', 'A call with this idempotency key is under way.')
}

function recordedCallOf(event: KnownEvent): RecordedCall {
  const { prompts, tokens, cost, inputTokens, cachedInputTokens, outputTokens, reasoningTokens, estimated } =
    event
  return { prompts, tokens, cost, inputTokens, cachedInputTokens, outputTokens, reasoningTokens, estimated }
}

/** What no waiting would mend: the model, its price, a request that cannot be bounded. */
function findUnfit(call: HoldCall, { terms }: UserAccount, price: Price | null): HoldRefusal | null {
  const { model, unboundedPart } = call
  if (terms.allowedModels !== null && (model === null || !allowsModel(terms.allowedModels, model))) {
    return refused('model_not_allowed', 'The plan of this user does not allow this model.')
  }
  if (limitsCost(terms) && price === null) {
    return refused('model_not_priced', 'This model has no price here, and the plan of this user limits cost.')
  }
  if (limitsTokens(terms) && unboundedPart !== null) {
    return refused(
      'unbounded_request',
      `${unboundedPart} is not possible here: nobody can say beforehand what it takes, and the plan of this user limits that.`,
    )
  }
  return null
}

/** What time mends: the minute, calls under way, limits on prompts. */
function findFull(standings: readonly LimitStanding[], account: UserAccount): HoldRefusal | null {
  const { requestsPerMinute, concurrentCalls } = account.terms
  const prompts = standings.find(({ meter, remaining }) => meter === 'prompts' && remaining < 1)
  if (prompts !== undefined) return quotaRefusal(prompts)
  if (requestsPerMinute !== null && account.requestsThisMinute >= requestsPerMinute) {
    return refused('rate_limit_exceeded', `At most ${requestsPerMinute} calls a minute are accepted.`)
  }
  // Each hold is one prompt, so the prompts held are the calls under way.
  if (concurrentCalls !== null && account.held.prompts >= concurrentCalls) {
    return refused('concurrency_limit_reached', `At most ${concurrentCalls} calls may be under way at once.`)
  }
  return null
}

/** The cap that fits into every limit on tokens and cost, or the limit into which not even a short answer fits. */
function fitTokens(
  standings: readonly LimitStanding[],
  inputTokens: number,
  wanted: number,
  answers: number,
  price: Price | null,
): { readonly maxTokens: number } | { readonly reached: LimitStanding } {
  const least = answers === 0 ? 0 : Math.min(wanted, MIN_MAX_TOKENS)
  let maxTokens = wanted
  for (const standing of standings) {
    if (standing.meter === 'prompts') continue
    const output = outputLeft(standing, inputTokens, price)
    const each = answers === 0 ? output : Math.floor(output / answers)
    if (each < least) return { reached: standing }
    maxTokens = Math.min(maxTokens, each)
  }
  return { maxTokens }
}

/** Tokens of output that a limit leaves beside the input; negative when not even that fits. */
function outputLeft(
  { meter, amount, used, held }: LimitStanding,
  inputTokens: number,
  price: Price | null,
): number {
  // The true difference: `remaining` ends at 0 and would let an input of none pass a limit that is overrun.
  const left = amount - used - held
  if (meter === 'tokens') return left - inputTokens
  if (price === null) return Number.MAX_SAFE_INTEGER
  const leftForOutput = left - worstCostOf(inputTokens, 0, price)
  return leftForOutput < 0 ? -1 : outputWithin(leftForOutput, price)
}

function quotaRefusal(limit: LimitStanding): HoldRefusal {
  const per = limit.window === 'lifetime' ? 'for life' : `per ${limit.window}`
  const amount = limit.meter === 'cost' ? `${limit.amount} micro-dollars` : `${limit.amount} ${limit.meter}`
  const message = `The limit of ${amount} ${per} is reached.`
  return { ...refused('insufficient_quota', message), limit }
}
