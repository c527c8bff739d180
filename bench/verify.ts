import { setTimeout as delay } from 'node:timers/promises'
import type { LoadRequest } from './load.ts'
import type { Counts, RunningTarget } from './targets/target.ts'

export const tokensPerPrompt = 100

export const trackUsageRequest = {
  method: 'POST',
  path: '/trackUsage',
  body: JSON.stringify({ usage: 1, tokenCount: tokensPerPrompt }),
} as const satisfies LoadRequest

/**
 * Sends two calls of one user, one after the other, and checks both answers in full: wrk itself only looks at the status.
 * @throws when an answer is not the contract's, or, for `counting` targets, when the second does not follow the first.
 */
export async function verifyAnswers(target: RunningTarget, token: string, counting: boolean): Promise<void> {
  const first = await track(target, token)
  const second = await track(target, token)
  if (!counting) return
  const prompts = second.currentPromptCount - first.currentPromptCount
  const tokens = second.currentTokenCount - first.currentTokenCount
  if (prompts !== 1 || tokens !== tokensPerPrompt) {
    throw new Error(
      `Two calls moved the counts by ${prompts} and ${tokens} instead of 1 and ${tokensPerPrompt}.`,
    )
  }
}

interface Answer {
  message: string
  currentPromptCount: number
  currentTokenCount: number
  threshold: number
}

async function track(target: RunningTarget, token: string): Promise<Answer> {
  const response = await fetch(new URL(trackUsageRequest.path, target.url), {
    method: trackUsageRequest.method,
    body: trackUsageRequest.body,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  })
  const text = await response.text()
  const answer = response.ok ? (JSON.parse(text) as Answer) : null
  const numbers = [answer?.currentPromptCount, answer?.currentTokenCount, answer?.threshold]
  if (
    answer?.message !== 'Usage tracked successfully' ||
    !numbers.every((value) => typeof value === 'number')
  ) {
    throw new Error(`POST /trackUsage answered ${response.status} ${text}`)
  }
  return answer
}

/** The counts once calls cut off by the end of a run have been written too: the same twice in a row. */
export async function readSettledCounts<C extends Counts>(read: () => Promise<C>): Promise<C> {
  for (let last = await read(); ; ) {
    await delay(150)
    const next = await read()
    if (next.prompts === last.prompts && next.tokens === last.tokens) return next
    last = next
  }
}

/**
 * Every answered request must be in the database, and nothing else but requests that were cut off by the end of the run,
 * of which there is one per connection at most.
 * @throws otherwise: a server may not win by dropping writes or by counting twice.
 */
export function verifyCounts(before: Counts, after: Counts, answered: number, connections: number): void {
  const prompts = after.prompts - before.prompts
  const tokens = after.tokens - before.tokens
  if (prompts < answered || prompts > answered + connections || tokens !== prompts * tokensPerPrompt) {
    throw new Error(
      `The run does not count: ${answered} requests were answered on ${connections} connections, ` +
        `and the database counted ${prompts} prompts and ${tokens} tokens.`,
    )
  }
}
