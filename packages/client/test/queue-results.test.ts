import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createClient,
  createOfflineQueue,
  memoryStorage,
  type OfflineQueueOptions,
  type QueueStorage,
} from '../src/index.ts'
import { counted } from './support/counting-server.ts'
import { hurryTimers, restoreTimersAfterEach } from './support/hurried-timers.ts'
import { answer, refuse, type ScriptedServer, startScriptedServer } from './support/scripted-server.ts'
import { fakeToken } from './support/tokens.ts'

const refusal = (status: number, code: string) => ({ status, code, error: `Refused with ${code}.` })

describe('what the server says of each event', () => {
  let server: ScriptedServer
  let storage: QueueStorage
  beforeEach(async () => {
    server = await startScriptedServer(() => {})
    storage = memoryStorage()
    for (const name of ['a', 'b', 'c'])
      await storage.add({ id: `ada.${name}`, text: JSON.stringify({ usage: 1, idempotencyKey: name }) })
  })
  afterEach(() => server.close())
  restoreTimersAfterEach()

  const open = (options: Partial<OfflineQueueOptions> = {}) =>
    createOfflineQueue({
      client: createClient({ serverUrl: server.url, token: fakeToken('ada') }),
      storage,
      ...options,
    })
  const answerWith = (...results: unknown[]) => {
    server.script = (_request, response) => answer(response, { results })
  }
  const left = async () => (await storage.list('ada.', 10)).map(({ id }) => id)

  it.each(['invalid_usage', 'idempotency_key_invalid', 'invalid_request'])(
    'refused for good with %s: it is reported, and those behind it are counted',
    async (code) => {
      answerWith(counted(1), refusal(400, code), counted(2))
      const rejected: unknown[] = []
      const queue = open({ onRejected: (event, error) => rejected.push([event.idempotencyKey, error]) })
      expect(await queue.flush()).toEqual({ sent: 2, left: 0, error: null })
      expect(rejected).toEqual([['b', `Refused with ${code}.`]])
      queue.close()
    },
  )

  it('counted before with another body: it is done with, as counted, and reported to nobody', async () => {
    answerWith(counted(1, true), refusal(422, 'idempotency_key_reused'), counted(2))
    const rejected: unknown[] = []
    const queue = open({ onRejected: (event) => rejected.push(event) })
    expect(await queue.flush()).toEqual({ sent: 3, left: 0, error: null })
    expect(rejected).toEqual([])
    queue.close()
  })

  it.each([
    [503, 'database_unavailable'],
    [409, 'idempotency_key_in_flight'],
    [403, 'token_invalid'],
    [403, 'user_disabled'],
    [500, 'internal_error'],
    [418, 'a_code_of_tomorrow'],
  ])('%i %s: it waits on, and why is told', async (status, code) => {
    answerWith(counted(1), refusal(status, code), counted(2))
    const queue = open()
    expect(await queue.flush()).toMatchObject({ sent: 2, left: 1, error: { code } })
    expect(await left()).toEqual(['ada.b'])
    queue.close()
  })

  it('nothing: those without a result wait on, and the server is not asked again at once', async () => {
    answerWith()
    const queue = open()
    expect(await queue.flush()).toMatchObject({ sent: 0, left: 3, error: { code: 'unexpected_answer' } })
    expect(server.requests).toHaveLength(1)
    queue.close()
  })

  it.each([
    {},
    { results: null },
    'text',
    [],
    null,
    { results: 'abc' },
    { results: [null, 7, 'x'] },
    { results: [{}, {}, {}] },
  ])('nonsense, %j: all wait on and flush does not throw', async (body) => {
    server.script = (_request, response) => answer(response, JSON.stringify(body))
    const queue = open()
    expect(await queue.flush()).toMatchObject({ sent: 0, left: 3, error: expect.anything() })
    queue.close()
  })

  it('tells the counts after the last event that was counted', async () => {
    answerWith(counted(7), counted(8), refusal(503, 'overloaded'))
    const sent: unknown[] = []
    const queue = open({ onSent: (counts, events) => sent.push([counts.currentPromptCount, events]) })
    await queue.flush()
    expect(sent).toEqual([[8, 2]])
    queue.close()
  })

  it('is told after each attempt that had something to send', async () => {
    const results: unknown[] = []
    const queue = open({ onFlushed: (result) => results.push(result) })
    server.script = (_request, response) => refuse(response, 503, 'overloaded')
    await queue.flush()
    answerWith(counted(1), counted(2), counted(3))
    await queue.flush()
    await queue.flush()
    expect(results).toMatchObject([
      { sent: 0, left: 3, error: { code: 'overloaded' } },
      { sent: 3, left: 0, error: null },
    ])
    queue.close()
  })

  it.each(['onSent', 'onRejected', 'onFlushed'] as const)(
    'a listener %s that throws loses no event, sends none twice, and does not reach the caller of flush',
    async (name) => {
      answerWith(counted(1), refusal(400, 'invalid_usage'), counted(2))
      const thrown = new Error('of the listener')
      const queue = open({
        [name]: () => {
          throw thrown
        },
      })
      expect(await queue.flush()).toMatchObject({ sent: 2, left: 0, error: thrown })
      expect(await left()).toEqual([])
      expect(server.requests).toHaveLength(1)
      queue.close()
    },
  )
})

describe('a storage that fails', () => {
  restoreTimersAfterEach()

  it.each(['list', 'count', 'remove', 'exclusively'] as const)(
    'at %s: flush says why and does not throw',
    async (name) => {
      const server = await startScriptedServer((request, response) =>
        answer(response, { results: request.body.events.map(() => counted(1)) }),
      )
      const inner = memoryStorage()
      await inner.add({ id: 'ada.a', text: JSON.stringify({ usage: 1, idempotencyKey: 'a' }) })
      const broken = new Error('no such disk')
      const storage = { ...inner, [name]: () => Promise.reject(broken) }
      const client = createClient({ serverUrl: server.url, token: fakeToken('ada') })
      const queue = createOfflineQueue({ client, storage })
      hurryTimers()
      expect(await queue.flush()).toMatchObject({ error: broken })
      queue.close()
      await server.close()
    },
  )

  it('at add: track throws it, so that the caller knows nothing was kept', async () => {
    const broken = new Error('no such disk')
    const storage = { ...memoryStorage(), add: () => Promise.reject(broken) }
    const client = createClient({ serverUrl: 'http://127.0.0.1:9', token: fakeToken('ada') })
    const queue = createOfflineQueue({ client, storage })
    await expect(queue.track({ usage: 1 })).rejects.toBe(broken)
    queue.close()
  })
})
