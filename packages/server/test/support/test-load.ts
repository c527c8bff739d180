import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { findContradictions, type KeptEvent, readEvents } from './ledger-audit.ts'
import type { Answer, TestServer } from './test-server.ts'

/** How long a client waits before it tries again, in milliseconds. */
const RETRY_DELAY_MS = 20

interface SentEvent {
  readonly email: string
  readonly key: string | null
  readonly prompts: number
  readonly tokens: number
}

interface Acknowledged extends SentEvent {
  readonly promptCount: number
  readonly tokenCount: number
}

/** Clients that track usage without a pause, and what they were told. */
export interface Load {
  readonly acknowledged: readonly Acknowledged[]
  /** Every answer other than 200. */
  readonly refusals: readonly Answer[]
  /** Resolves once this many calls more than now have been acknowledged. */
  untilAcknowledged(more: number): Promise<void>
  /** Resolves once this many calls more than now have been refused or got no answer. */
  untilFailed(more: number): Promise<void>
  /** Lets every client finish its event: those with a key are retried until they are acknowledged. */
  finish(): Promise<void>
  /** Compares what was acknowledged with what is kept: none lost, none twice. */
  expectKept(database: Database): Promise<void>
}

/** Three of four events carry a key and are retried until acknowledged; the others are sent once, whatever happens. */
export async function startLoad(
  servers: readonly TestServer[],
  { users, clients }: { users: number; clients: number },
): Promise<Load> {
  const emails = Array.from({ length: users }, (_, index) => `load-${index}@example.com`)
  const tokens = await Promise.all(emails.map((email) => (servers[0] as TestServer).signUp(email)))
  const sent: SentEvent[] = []
  const acknowledged: Acknowledged[] = []
  const refusals: Answer[] = []
  let failed = 0
  let finishing = false
  const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T

  const send = async (event: SentEvent): Promise<boolean> => {
    const headers = event.key === null ? undefined : { 'idempotency-key': event.key }
    const body = { usage: event.prompts, tokenCount: event.tokens }
    const token = tokens[emails.indexOf(event.email)] as string
    const answer = await pick(servers)
      .track(token, body, headers)
      .catch(() => null)
    if (answer?.status === 200) {
      const { currentPromptCount: promptCount, currentTokenCount: tokenCount } = answer.body
      acknowledged.push({ ...event, promptCount, tokenCount })
      return true
    }
    failed++
    if (answer !== null) refusals.push(answer)
    return false
  }

  const client = async () => {
    while (!finishing) {
      const key = randomInt(4) > 0 ? randomUUID() : null
      const event = { email: pick(emails), key, prompts: randomInt(3), tokens: 1 + randomInt(500) }
      sent.push(event)
      while (!(await send(event))) {
        await sleep(RETRY_DELAY_MS)
        if (key === null) break
      }
    }
  }
  const running = Array.from({ length: clients }, client)

  const until = async (count: () => number, more: number) => {
    const target = count() + more
    while (count() < target) await sleep(5)
  }
  return {
    acknowledged,
    refusals,
    untilAcknowledged: (more) => until(() => acknowledged.length, more),
    untilFailed: (more) => until(() => failed, more),
    async finish() {
      finishing = true
      await Promise.all(running)
    },
    async expectKept(database) {
      expect(await findContradictions(database)).toEqual([])
      const events = await readEvents(database)
      const byKey = new Map(events.flatMap((event) => (event.key === null ? [] : [[event.key, event]])))
      const keyed = (event: SentEvent) => event.key !== null
      expect(acknowledged.filter(keyed)).toHaveLength(sent.filter(keyed).length)
      expect(events.filter(({ key }) => key !== null)).toHaveLength(byKey.size)
      expect(byKey.size).toBe(sent.filter(keyed).length)

      // A call without a key is one event, found by the counts it was told: no two may have been told the same.
      const byCounts = new Map(events.map((event) => [countsKey(event.email, event.tokenCountAfter), event]))
      for (const call of acknowledged) {
        const event = call.key ? byKey.get(call.key) : byCounts.get(countsKey(call.email, call.tokenCount))
        expect(event && toAcknowledged(event)).toEqual(call)
      }
      const told = acknowledged.map(({ email, tokenCount }) => countsKey(email, tokenCount))
      expect(new Set(told).size).toBe(told.length)
      // One that was sent once and got no answer may have been counted, and at most once.
      expect(events.length).toBeLessThanOrEqual(sent.length)
    },
  }
}

/** Every event has a token at least, so a user's token count after an event names the event. */
function countsKey(email: string, tokenCountAfter: number): string {
  return `${email} ${tokenCountAfter}`
}

function toAcknowledged(event: KeptEvent): Acknowledged {
  const { email, key, prompts, tokens, promptCountAfter, tokenCountAfter } = event
  return { email, key, prompts, tokens, promptCount: promptCountAfter, tokenCount: tokenCountAfter }
}
