import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type HoldCommand, HoldRun, holdCommands, isHoldCommand, putHoldPlans } from './support/hold-run.ts'
import { findContradictions, readEvents } from './support/ledger-audit.ts'
import { ADMIN, type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const USERS = 4
const SESSIONS = 2
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const user = fc.nat(USERS - 1)
const caller = { user, session: fc.nat(SESSIONS - 1), byApiKey: fc.boolean() }
/** A small pool, so that keys come back, with the same body and with another. */
const key = fc.option(fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5'))
const amounts = { usage: fc.nat(2), tokenCount: fc.nat(3) }
const labels = {
  model: fc.option(fc.constantFrom('gpt-5', 'gpt-5-mini', 'o\'\\{"}'), { nil: undefined }),
  source: fc.option(fc.constantFrom('my-extension/1.2.0', 'other'), { nil: undefined }),
}
/** Milliseconds from now; the last one is too old and refused. */
const occurredAt = fc.constantFrom(
  undefined,
  undefined,
  MINUTE_MS,
  -90 * MINUTE_MS,
  -DAY_MS,
  -29 * DAY_MS,
  -31 * DAY_MS,
)
const event = fc.record({ ...amounts, ...labels, occurredAt })

const command = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('track'), ...caller, key, event }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('batch'),
      ...caller,
      events: fc.array(fc.record({ key: fc.constantFrom('k1', 'k2', 'k6', 'k7'), event }), {
        minLength: 1,
        maxLength: 6,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('correct'),
      user,
      key,
      amounts: fc.record({
        usage: fc.integer({ min: -2, max: 2 }),
        tokenCount: fc.integer({ min: -3, max: 3 }),
      }),
      labels: fc.record(labels),
      occurredAt: fc.constantFrom(undefined, -90 * MINUTE_MS, -DAY_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('revoke'), user, session: fc.option(fc.nat(SESSIONS - 1)) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('disable'), user, disabled: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('threshold'), user, threshold: fc.option(fc.nat(100)) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), user: fc.constant(USERS - 1) }) },
  { weight: 16, arbitrary: holdCommands(caller.session, key) },
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

interface TestUser {
  readonly id: string
  readonly index: number
  readonly email: string
  readonly sessions: readonly { readonly id: string; readonly token: string; readonly apiKey: string }[]
}

/** An event as an answer of 200 says it must be kept. */
type Told = string

function told(parts: readonly unknown[]): Told {
  return JSON.stringify(parts)
}

describeOnBothEngines('the ledger under random interleavings', (engine) => {
  let replicas: Replicas
  let plans: string[]
  beforeAll(async () => {
    replicas = await startReplicas(engine, 2)
    plans = await putHoldPlans(replicas)
  })
  afterAll(() => replicas.close())

  async function addUser(index: number): Promise<TestUser> {
    const { services } = replicas.at(0)
    const added = await services.users.add(`${randomUUID()}@example.com`, null, plans[index])
    const sessions = await Promise.all(
      Array.from({ length: SESSIONS }, async () => {
        const { sessionId, sessionToken } = await services.sessions.start(added, {
          method: 'email',
          clientName: null,
        })
        const apiKey = services.sessions.apiKeyOf({ userId: added.id, sessionId })
        return { id: sessionId, token: sessionToken, apiKey }
      }),
    )
    return { id: added.id, index, email: added.email, sessions }
  }

  it('keeps counts, events, hours, days and holds equal, every answer true, and every limit', async () => {
    // By itself fast-check prefers a handful: too few for holds to be lost, swept and settled late.
    const size = 'max'
    const groups = fc.array(fc.array(command, { minLength: 1, maxLength: 25, size }), {
      minLength: 2,
      maxLength: 6,
      size,
    })
    await fc.assert(
      fc.asyncProperty(groups, async (commandGroups) => {
        const users = await Promise.all(Array.from({ length: USERS }, (_, index) => addUser(index)))
        const run = new Run(replicas, users)
        // The commands of a group run at once, on all replicas; a group begins when the one before has been answered.
        for (const group of commandGroups) await run.all(group)
        await run.check()
      }),
      { numRuns: engine === 'embedded' ? 12 : 24, endOnFailure: true },
    )
  })
})

/** One example: sends commands and remembers what was answered. */
class Run {
  readonly #replicas: Replicas
  readonly #users: readonly TestUser[]
  readonly #now = Date.now()
  /** By user: what was acknowledged as new, and what as a replay. */
  readonly #recorded = new Map<string, Told[]>()
  readonly #replayed = new Map<string, Told[]>()
  /** Sessions and users that ended in an earlier group: nothing may be counted by them any more. */
  readonly #ended = new Set<string>()
  readonly #deleted = new Set<string>()
  readonly #holds: HoldRun
  #requests = 0

  constructor(replicas: Replicas, users: readonly TestUser[]) {
    this.#replicas = replicas
    this.#users = users
    this.#holds = new HoldRun(replicas)
  }

  async all(group: readonly Command[]): Promise<void> {
    const endedBefore = new Set(this.#ended)
    await Promise.all(group.map((one) => this.#send(one, endedBefore)))
  }

  async check(): Promise<void> {
    const { database } = this.#replicas.at(0)
    expect(await findContradictions(database)).toEqual([])
    const events = await readEvents(database)
    for (const user of this.#users) {
      const { email } = user
      const own = events.filter((one) => one.email === email)
      if (this.#deleted.has(email)) {
        expect(own).toEqual([])
        continue
      }
      await this.#holds.check(user, own)
      const kept = own
        .filter(({ holdId }) => holdId === null)
        .map((one) =>
          told([one.kind, one.key, one.prompts, one.tokens, one.promptCountAfter, one.tokenCountAfter]),
        )
      // Each event was acknowledged and each acknowledgement is an event; what was refused is none.
      expect(kept.toSorted()).toEqual((this.#recorded.get(email) ?? []).toSorted())
      expect(kept).toEqual(expect.arrayContaining(this.#replayed.get(email) ?? []))
    }
  }

  async #send(one: Command, endedBefore: ReadonlySet<string>): Promise<void> {
    const target = this.#users[one.user] as TestUser
    if (isHoldCommand(one)) {
      const isEnded = (sessionId: string) => endedBefore.has(sessionId) || endedBefore.has(target.id)
      await this.#holds.send(one, target, isEnded)
      return
    }
    if (one.kind === 'track' || one.kind === 'batch') {
      const session = target.sessions[one.session] as TestUser['sessions'][number]
      const authorization = `Bearer ${one.byApiKey ? session.apiKey : session.token}`
      const answer =
        one.kind === 'track'
          ? await this.#post('/trackUsage', this.#body(one.event), authorization, one.key)
          : await this.#post(
              '/trackUsage/batch',
              { events: one.events.map(({ key, event }) => ({ ...this.#body(event), idempotencyKey: key })) },
              authorization,
            )
      expect([200, 400, 403, 404, 422]).toContain(answer.statusCode)
      if (endedBefore.has(session.id) || endedBefore.has(target.id)) {
        expect([403, 404]).toContain(answer.statusCode)
      }
      if (answer.statusCode !== 200) return
      if (one.kind === 'track') {
        const replayed = answer.headers['idempotent-replayed'] === 'true'
        this.#note(target, 'usage', one.key, one.event, answer.json(), replayed)
        return
      }
      for (const [index, result] of answer.json().results.entries()) {
        const sent = one.events[index] as (typeof one.events)[number]
        expect([200, 400, 403, 404, 422]).toContain(result.status)
        if (result.status === 200) this.#note(target, 'usage', sent.key, sent.event, result, result.replayed)
      }
      return
    }
    await this.#administer(one, target)
  }

  async #administer(
    one: Exclude<Command, HoldCommand | { kind: 'track' | 'batch' }>,
    target: TestUser,
  ): Promise<void> {
    const path = `/api/admin/users/${target.id}`
    if (one.kind === 'correct') {
      const body = { ...one.amounts, ...one.labels, occurredAt: this.#at(one.occurredAt), reason: 'a test' }
      const answer = await this.#post(`${path}/corrections`, body, ADMIN.authorization, one.key)
      expect([200, 201, 400, 404, 422]).toContain(answer.statusCode)
      if (answer.statusCode >= 300) return
      const { promptCount: currentPromptCount, tokenCount: currentTokenCount } = answer.json()
      const replayed = answer.headers['idempotent-replayed'] === 'true'
      this.#note(
        target,
        'correction',
        one.key,
        one.amounts,
        { currentPromptCount, currentTokenCount },
        replayed,
      )
      return
    }
    const replica = this.#replicas.at(this.#requests++)
    if (one.kind === 'disable' || one.kind === 'threshold') {
      const payload = one.kind === 'disable' ? { disabled: one.disabled } : { threshold: one.threshold }
      const answer = await replica.request({ method: 'PATCH', url: path, headers: ADMIN, payload })
      expect([200, 404]).toContain(answer.statusCode)
      if (one.kind === 'threshold') this.#holds.noteThreshold(target, one.threshold)
      return
    }
    const session = one.kind === 'revoke' && one.session !== null ? target.sessions[one.session] : undefined
    const url = one.kind === 'delete' ? path : `${path}/sessions${session ? `/${session.id}` : ''}`
    const answer = await replica.request({ method: 'DELETE', url, headers: ADMIN })
    expect([200, 204, 404]).toContain(answer.statusCode)
    if (one.kind === 'delete') {
      this.#deleted.add(target.email)
      this.#ended.add(target.id)
    } else {
      for (const { id } of session ? [session] : target.sessions) this.#ended.add(id)
    }
  }

  #post(
    url: string,
    payload: object,
    authorization: string,
    key: string | null = null,
  ): Promise<LightMyRequestResponse> {
    const headers = { authorization, ...(key !== null && { 'idempotency-key': key }) }
    return this.#replicas.at(this.#requests++).request({ method: 'POST', url, headers, payload })
  }

  #body({ occurredAt: offsetMs, ...rest }: { occurredAt: number | undefined }) {
    return { ...rest, occurredAt: this.#at(offsetMs) }
  }

  #at(offsetMs: number | undefined): string | undefined {
    return offsetMs === undefined ? undefined : new Date(this.#now + offsetMs).toISOString()
  }

  #note(
    { email }: TestUser,
    kind: string,
    key: string | null,
    { usage, tokenCount }: { usage: number; tokenCount: number },
    answer: { currentPromptCount: number; currentTokenCount: number },
    replayed: boolean,
  ): void {
    const list = replayed ? this.#replayed : this.#recorded
    const line = told([kind, key, usage, tokenCount, answer.currentPromptCount, answer.currentTokenCount])
    list.set(email, [...(list.get(email) ?? []), line])
  }
}
