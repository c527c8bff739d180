import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient, createOfflineQueue, memoryStorage, type QueueStorage } from '../src/index.ts'
import { fileStorage } from '../src/queue/file-storage.ts'
import { caught } from './support/caught.ts'
import { type CountingServer, startCountingServer } from './support/counting-server.ts'
import { fixJitter, hurryTimers, onPause, restoreTimersAfterEach } from './support/hurried-timers.ts'
import { hangUp, inTurn, refuse } from './support/scripted-server.ts'
import { fakeToken } from './support/tokens.ts'

const ADA = fakeToken('ada')
const storages = { memory: () => memoryStorage(), 'a folder': (folder: string) => fileStorage(folder) }

describe.each(Object.entries(storages))('a queue in %s', (_name, openStorage) => {
  let server: CountingServer
  let folder: string
  let storage: QueueStorage
  beforeEach(async () => {
    server = await startCountingServer()
    folder = await mkdtemp(join(tmpdir(), 'promptmeter-queue-'))
    storage = openStorage(join(folder, 'queue'))
  })
  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })
  restoreTimersAfterEach()

  const client = () => createClient({ serverUrl: server.url, token: ADA, source: 'my-extension/1.2.0' })
  const open = (options: { maxEvents?: number } = {}) =>
    createOfflineQueue({ client: client(), storage, ...options })

  it('sends an event at once where the server is there, with its source, its instant and a key', async () => {
    const queue = open()
    await queue.track({ usage: 3 })
    expect(await queue.flush()).toEqual({ sent: 1, left: 0, error: null })
    expect(server.events).toEqual([
      {
        token: ADA,
        usage: 3,
        source: 'my-extension/1.2.0',
        occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ])
    queue.close()
  })

  it('keeps what it cannot send and sends it in order, each once, when the server is back', async () => {
    const usual = server.script
    server.script = hangUp
    const queue = open()
    for (let usage = 1; usage <= 30; usage += 1) await queue.track({ usage })
    expect(await queue.flush()).toMatchObject({ sent: 0, left: 30, error: { code: 'network_error' } })
    expect(await queue.size()).toBe(30)
    server.script = usual
    expect(await queue.flush()).toEqual({ sent: 30, left: 0, error: null })
    expect(server.events.map(({ usage }) => usage)).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    )
    expect(new Set(server.events.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(30)
    expect(await queue.size()).toBe(0)
    queue.close()
  })

  it('sends by itself once the server is back, with pauses that double up to five minutes', async () => {
    const usual = server.script
    server.script = inTurn(hangUp, ...Array.from({ length: 9 }, () => hangUp), usual)
    const pauses = hurryTimers()
    fixJitter(0)
    const sent = new Promise<number>((resolve) => {
      const queue = createOfflineQueue({
        client: client(),
        storage,
        onSent: (_counts, events) => {
          queue.close()
          resolve(events)
        },
      })
      void queue.track({ usage: 1 })
    })
    expect(await sent).toBe(1)
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 150, 150].map((seconds) => seconds * 1_000))
  })

  it('asks no sooner than the server wants, also where more is tracked meanwhile', async () => {
    const usual = server.script
    server.script = (_request, response) => refuse(response, 503, 'overloaded', { 'retry-after': '120' })
    // Asked once by whoever tracks, and once by whoever begins to send.
    let tokens = 0
    const token = () => {
      tokens += 1
      return ADA
    }
    const queue = createOfflineQueue({ client: createClient({ serverUrl: server.url, token }), storage })
    const pauses: number[] = []
    onPause((ms) => pauses.push(ms))
    await queue.track({ usage: 1 })
    await queue.flush()
    expect(tokens).toBe(2)
    await queue.track({ usage: 2 })
    expect(tokens).toBe(3)
    expect(pauses).toEqual([expect.closeTo(121_500, -3)])
    server.script = usual
    expect(await queue.flush()).toMatchObject({ sent: 2, left: 0 })
    queue.close()
  })

  it('takes events while it sends others, and sends all of them', async () => {
    const queue = open()
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await queue.track({ usage: index })
        if (index % 7 === 0) await queue.flush()
      }),
    )
    while ((await queue.size()) > 0) await queue.flush()
    expect(server.events.map(({ usage }) => usage).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    )
    queue.close()
  })

  it('keeps nothing beyond its bound, also not of calls at the same moment', async () => {
    server.script = hangUp
    const queue = open({ maxEvents: 5 })
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => queue.track({ usage: 1 })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    expect(await caught(queue.track({ usage: 1 }))).toMatchObject({
      name: 'PromptmeterError',
      code: 'queue_full',
    })
    expect(await queue.size()).toBe(5)
    queue.close()
  })

  it('of somebody who is not signed in takes nothing', async () => {
    const queue = createOfflineQueue({
      client: createClient({ serverUrl: server.url, token: null }),
      storage,
    })
    expect(await caught(queue.track({ usage: 1 }))).toMatchObject({
      name: 'SignInRequiredError',
      code: 'token_missing',
    })
    expect(await queue.flush()).toEqual({ sent: 0, left: 0, error: null })
    expect(await queue.size()).toBe(0)
    queue.close()
  })

  it('that is closed sends nothing, and leaves to the next what waits', async () => {
    const usual = server.script
    server.script = hangUp
    const closed = open()
    await closed.track({ usage: 1 })
    await closed.flush()
    closed.close()
    server.script = usual
    const before = server.requests.length
    expect(await closed.flush()).toEqual({ sent: 0, left: 0, error: null })
    expect(server.requests).toHaveLength(before)
    const next = open()
    expect(await next.flush()).toMatchObject({ sent: 1, left: 0 })
    next.close()
  })

  it('passes over an event that nobody can read any more', async () => {
    for (const [index, text] of ['{"usage":1,', '', '{}', 'null', '[1]', '{"idempotencyKey":7}'].entries())
      await storage.add({ id: `ada.00000000${index}`, text })
    const queue = open()
    await queue.track({ usage: 9 })
    while ((await queue.size()) > 0) await queue.flush()
    expect(server.events.map(({ usage }) => usage)).toEqual([9])
    queue.close()
  })
})

describe('a queue of many events', () => {
  it('sends them in batches of 500, oldest first', async () => {
    const server = await startCountingServer()
    const storage = memoryStorage()
    for (let usage = 0; usage < 1_201; usage += 1) {
      const text = JSON.stringify({ usage, idempotencyKey: `key-${usage}` })
      await storage.add({ id: `ada.${String(usage).padStart(6, '0')}`, text })
    }
    const sent: number[] = []
    const client = createClient({ serverUrl: server.url, token: ADA })
    const queue = createOfflineQueue({ client, storage, onSent: (_counts, events) => sent.push(events) })
    expect(await queue.flush()).toEqual({ sent: 1_201, left: 0, error: null })
    expect(sent).toEqual([500, 500, 201])
    expect(server.events.map(({ usage }) => usage)).toEqual(
      Array.from({ length: 1_201 }, (_, index) => index),
    )
    queue.close()
    await server.close()
  })
})
