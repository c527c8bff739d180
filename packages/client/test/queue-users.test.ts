import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient, createOfflineQueue, memoryStorage, type OfflineQueue } from '../src/index.ts'
import { type CountingServer, startCountingServer, tokenOf } from './support/counting-server.ts'
import { hurryTimers, restoreTimersAfterEach } from './support/hurried-timers.ts'
import { hangUp, refuse } from './support/scripted-server.ts'
import { fakeToken } from './support/tokens.ts'

const [ADA, BOB] = [fakeToken('ada'), fakeToken('bob')]
const ADA_AGAIN = fakeToken('ada', { sid: 'another-session' })

describe('a queue that several users share', () => {
  let server: CountingServer
  let token: string | null
  let queue: OfflineQueue
  beforeEach(async () => {
    server = await startCountingServer()
    token = ADA
    const client = createClient({ serverUrl: server.url, token: () => token })
    queue = createOfflineQueue({ client, storage: memoryStorage() })
  })
  afterEach(async () => {
    queue.close()
    await server.close()
  })
  restoreTimersAfterEach()

  const trackWhileAway = async (usage: number) => {
    const usual = server.script
    server.script = hangUp
    await queue.track({ usage })
    await queue.flush()
    server.script = usual
  }
  const seen = () => server.events.map(({ usage, token: by }) => [usage, by])

  it('sends nothing of one with the token of another: it waits for its own', async () => {
    await trackWhileAway(1)
    token = BOB
    expect(await queue.size()).toBe(0)
    await queue.track({ usage: 2 })
    await queue.flush()
    expect(seen()).toEqual([[2, BOB]])
    token = ADA_AGAIN
    expect(await queue.size()).toBe(1)
    await queue.flush()
    expect(seen()).toEqual([
      [2, BOB],
      [1, ADA_AGAIN],
    ])
  })

  it('sends what it has read with the token it was read by, also where somebody else signs in meanwhile', async () => {
    await trackWhileAway(1)
    await trackWhileAway(2)
    const storage = memoryStorage()
    for (const usage of [1, 2])
      await storage.add({
        id: `ada.${usage}`,
        text: JSON.stringify({ usage, idempotencyKey: `key-${usage}` }),
      })
    const list = storage.list
    const client = createClient({ serverUrl: server.url, token: () => token })
    const other = createOfflineQueue({
      client,
      storage: {
        ...storage,
        async list(...parameters) {
          token = BOB
          return list(...parameters)
        },
      },
    })
    await other.flush()
    expect(seen()).toEqual([
      [1, ADA],
      [2, ADA],
    ])
    other.close()
  })

  it.each(['token_invalid', 'user_not_found', 'token_missing'])(
    'whose session is over (%s) waits and does not ask again and again, and is sent after a new sign-in',
    async (code) => {
      const usual = server.script
      server.script = (request, response) =>
        tokenOf(request) === ADA ? refuse(response, 403, code) : usual(request, response)
      const pauses = hurryTimers()
      await queue.track({ usage: 1 })
      expect(await queue.flush()).toMatchObject({ sent: 0, left: 1, error: { name: 'SignInRequiredError' } })
      expect(pauses).toEqual([])
      expect(server.requests).toHaveLength(1)
      token = null
      await queue.flush()
      token = ADA_AGAIN
      expect(await queue.flush()).toEqual({ sent: 1, left: 0, error: null })
      expect(seen()).toEqual([[1, ADA_AGAIN]])
    },
  )
})
