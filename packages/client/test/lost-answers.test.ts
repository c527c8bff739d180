import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/test/support/test-gateway.ts'
import { createClient, createOfflineQueue, type PromptmeterClient } from '../src/index.ts'
import { caught } from './support/caught.ts'
import {
  forwardTo,
  inTurn,
  loseAnswerOf,
  type ScriptedServer,
  startScriptedServer,
} from './support/scripted-server.ts'

describe('an answer that is lost after the server has acted', () => {
  let gateway: TestGateway
  let network: ScriptedServer
  beforeAll(async () => {
    gateway = await startTestGateway('postgres')
    network = await startScriptedServer(forwardTo(gateway.url))
  })
  afterAll(async () => {
    await network.close()
    await gateway.close()
  })

  const loseNext = (answers: number) => {
    const lose = loseAnswerOf(gateway.url)
    network.script = inTurn(lose, ...Array.from({ length: answers - 1 }, () => lose), forwardTo(gateway.url))
  }
  const signIn = async (): Promise<PromptmeterClient> =>
    createClient({ serverUrl: network.url, token: await gateway.signUp() })

  it('of trackUsage: it is sent again and counted once', async () => {
    const client = await signIn()
    loseNext(2)
    const before = network.requests.length
    expect(await client.trackUsage({ usage: 3 })).toMatchObject({ currentPromptCount: 3 })
    expect(network.requests.length - before).toBe(3)
    expect(await client.me()).toMatchObject({ promptCount: 3 })
  })

  it('of a batch: each event is counted once', async () => {
    const client = await signIn()
    loseNext(1)
    const results = await client.trackUsageBatch([
      { idempotencyKey: 'one', usage: 1 },
      { idempotencyKey: 'two', usage: 2 },
    ])
    expect(results).toMatchObject([{ replayed: true }, { replayed: true, currentPromptCount: 3 }])
    expect(await client.me()).toMatchObject({ promptCount: 3 })
  })

  it('of a batch of the queue: each event waits on, is sent again and counted once', async () => {
    const client = await signIn()
    loseNext(1)
    const queue = createOfflineQueue({ client })
    await queue.track({ usage: 1 })
    expect(await queue.flush()).toMatchObject({ sent: 0, left: 1, error: { code: 'network_error' } })
    expect(await client.me()).toMatchObject({ promptCount: 1 })
    expect(await queue.flush()).toEqual({ sent: 1, left: 0, error: null })
    expect(await client.me()).toMatchObject({ promptCount: 1 })
    queue.close()
  })

  it('of an ended session, one of the user or the own: it is over, and that is no error', async () => {
    const client = await signIn()
    loseNext(1)
    await client.signOut()
    expect(await caught(client.me())).toMatchObject({ code: 'token_invalid' })
  })

  it('of an ended key: it is over, and that is no error', async () => {
    const client = await signIn()
    const { id } = await client.keys.create({ name: 'Build server' })
    loseNext(1)
    await client.keys.revoke(id)
    expect((await client.keys.list()).filter(({ revokedAt }) => revokedAt === null)).toEqual([])
  })
})
