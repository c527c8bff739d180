import type { LightMyRequestResponse } from 'fastify'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findContradictions, readEvents } from './support/ledger-audit.ts'
import { ADMIN, type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

let replicas: Replicas
let userId: string
let sessionId: string
let credentials: string[]

/** A user whose token and API key every replica has seen, and so remembers as genuine. */
async function signIn(): Promise<void> {
  const { services } = replicas.at(0)
  const user = await services.users.findOrAdd('revoked@example.com')
  const session = await services.sessions.start(user, { method: 'email', clientName: null })
  userId = user.id
  sessionId = session.sessionId
  credentials = [session.sessionToken, services.sessions.apiKeyOf({ userId, sessionId })]
  for (const app of replicas.apps)
    for (const credential of credentials)
      expect((await app.track(credential, { usage: 1 })).statusCode).toBe(200)
}

/** Asked of the first replica. */
function administer(
  method: 'DELETE' | 'PATCH',
  path: string,
  payload?: object,
): Promise<LightMyRequestResponse> {
  const url = `/api/admin/users/${userId}${path}`
  return replicas.at(0).request({ method, url, headers: ADMIN, ...(payload && { payload }) })
}

/** What the last replica answers to the very next request, by token and by API key. */
async function nextAnswers(): Promise<[number, string | undefined][]> {
  const other = replicas.at(replicas.apps.length - 1)
  const answers: [number, string | undefined][] = []
  for (const credential of credentials) {
    const authorization = `Bearer ${credential}`
    for (const answer of [
      await other.track(credential, { usage: 1 }),
      await other.request({ url: '/api/me', headers: { authorization } }),
      await other.request({ url: '/api/me/usage', headers: { authorization } }),
      await other.request({
        method: 'POST',
        url: '/trackUsage/batch',
        headers: { authorization },
        payload: { events: [{ idempotencyKey: 'late', usage: 1 }] },
      }),
    ]) {
      answers.push([answer.statusCode, answer.json().code])
    }
  }
  return answers
}

const eightTimes = (answer: [number, string]) => Array.from({ length: 8 }, () => answer)

describeOnBothEngines('the very next request, on another replica', (engine) => {
  beforeEach(async () => {
    replicas = await startReplicas(engine, 2)
    await signIn()
  })
  afterEach(() => replicas.close())

  it('is refused once the session is revoked, and counts nothing', async () => {
    const before = await readEvents(replicas.at(0).database)
    expect((await administer('DELETE', `/sessions/${sessionId}`)).statusCode).toBe(200)
    expect(await nextAnswers()).toEqual(eightTimes([403, 'token_invalid']))
    expect(await readEvents(replicas.at(0).database)).toEqual(before)
  })

  it('is refused once all sessions are revoked', async () => {
    expect((await administer('DELETE', '/sessions')).statusCode).toBe(200)
    expect(await nextAnswers()).toEqual(eightTimes([403, 'token_invalid']))
  })

  it('is refused while the user is disabled, and served once they are enabled', async () => {
    await administer('PATCH', '', { disabled: true })
    expect(await nextAnswers()).toEqual(eightTimes([403, 'user_disabled']))
    await administer('PATCH', '', { disabled: false })
    expect((await nextAnswers()).map(([status]) => status)).toEqual(Array(8).fill(200))
  })

  it('finds nobody once the user is deleted, and nothing of them is left', async () => {
    expect((await administer('DELETE', '')).statusCode).toBe(204)
    expect(await nextAnswers()).toEqual(eightTimes([404, 'user_not_found']))
    expect(await readEvents(replicas.at(0).database)).toEqual([])
    expect(await findContradictions(replicas.at(0).database)).toEqual([])
  })
})

describe('a request that waits for its user', () => {
  let holder: pg.Client
  beforeEach(async () => {
    replicas = await startReplicas('postgres', 2)
    await signIn()
    holder = new pg.Client({ connectionString: replicas.at(0).environment.DATABASE_URL })
    await holder.connect()
  })
  afterEach(async () => {
    await holder.end()
    await replicas.close()
  })

  /** Sends a batch to the second replica, which cannot decide it while its user is locked here. */
  async function sendHeldBatch(): Promise<{ answer: Promise<LightMyRequestResponse> }> {
    await holder.query('begin')
    await holder.query('select from users where id = $1 for update', [userId])
    const answer = replicas.at(1).request({
      method: 'POST',
      url: '/trackUsage/batch',
      headers: { authorization: `Bearer ${credentials[0]}` },
      payload: { events: [{ idempotencyKey: 'held', usage: 1 }] },
    })
    while (replicas.at(1).services.ledger.waiting === 0) await new Promise(setImmediate)
    return { answer }
  }

  /** Waits until this many statements wait for the lock. */
  async function untilWaiting(count: number): Promise<void> {
    const waiting = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()`
    while ((await holder.query(waiting)).rowCount !== count) await new Promise(setImmediate)
  }

  it('is refused when its session was revoked before its turn came', async () => {
    const { answer } = await sendHeldBatch()
    expect((await administer('DELETE', `/sessions/${sessionId}`)).statusCode).toBe(200)
    await holder.query('commit')
    expect((await answer).statusCode).toBe(403)
    expect((await nextAnswers())[0]).toEqual([403, 'token_invalid'])
  })

  it('leaves the next one refused when its user is disabled or deleted meanwhile', async () => {
    for (const [method, payload, refusal] of [
      ['PATCH', { disabled: true }, [403, 'user_disabled']],
      ['DELETE', undefined, [404, 'user_not_found']],
    ] as const) {
      await replicas.at(0).services.users.update(userId, { disabled: false })
      const { answer } = await sendHeldBatch()
      const administered = administer(method, '', payload)
      await untilWaiting(1)
      await holder.query('commit')
      expect((await administered).statusCode).toBeLessThan(300)
      expect([200, refusal[0]]).toContain((await answer).statusCode)
      expect(await nextAnswers()).toEqual(eightTimes([...refusal]))
      expect(await findContradictions(replicas.at(0).database)).toEqual([])
    }
  })
})
