import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  CHAT,
  CHAT_TOKENS,
  END,
  lastError,
  ROLE,
  STREAMED_CHAT,
  tokensOf,
  words,
} from './support/gateway-client.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { answerUsually, beginStream, sendJson, usageChunk } from './support/scripted-upstream.ts'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { startTestGateway, type TestGateway, until } from './support/test-gateway.ts'

/** What the server sends to write a batch, once it has prepared it. */
const WRITE = 'ledger_record'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase('postgres')
})
afterAll(() => database.remove())

let proxy: TcpProxy
let gateway: TestGateway
afterEach(async () => {
  await gateway.close()
  await proxy.close()
})

async function start(environment: Record<string, string> = {}): Promise<void> {
  proxy = await startTcpProxy(database.environment.DATABASE_URL as string)
  gateway = await startTestGateway('postgres', {
    testDatabase: database,
    environment: { DATABASE_URL: proxy.url, ...environment },
  })
}

const eventsOf = (token: string) => gateway.events(token)
const untilTriedInVain = (times: number) => {
  const target = proxy.refusals + times
  return until(() => proxy.refusals >= target, 'the server looks for its database')
}

describe('a database that goes away', () => {
  it('mid-stream and comes back before the hold ends has the call once, and the stream is whole', async () => {
    await start()
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { response } = await taken
    beginStream(response)
    response.write(ROLE + words('Hello'))
    await asked.until('Hello')
    proxy.goAway()
    response.end(usageChunk() + END)
    await untilTriedInVain(2)
    proxy.comeBack()
    expect(await asked.text()).toBe(ROLE + words('Hello') + END)
    expect(await eventsOf(token)).toMatchObject([{ prompts: 1, input: 21, output: 8, estimated: false }])
    expect(await gateway.holds(token)).toBe(0)
    expect(await gateway.me(token)).toMatchObject({ promptCount: 1, tokenCount: 29 })
    expect(await findContradictions(gateway.server.database)).toEqual([])
  })

  it('when the answer is settled and has committed it all the same, has it once', async () => {
    await start()
    const token = await gateway.signUp()
    for (const body of [CHAT, STREAMED_CHAT]) {
      const taken = gateway.upstream.takeCall()
      const asked = ask(gateway.url, token, { body })
      const { call, response } = await taken
      const before = proxy.cuts
      proxy.cutAfterSending(WRITE)
      answerUsually(call, response)
      expect((await asked.answered).status).toBe(200)
      await asked.text()
      expect(proxy.cuts).toBe(before + 1)
    }
    expect(await eventsOf(token)).toMatchObject([{ tokens: 29 }, { tokens: 29 }])
    expect(await gateway.holds(token)).toBe(0)
    expect(await findContradictions(gateway.server.database)).toEqual([])
  })

  it('until the hold has ended gets what was used all the same, once, and the clients are told', async () => {
    await start({ HOLD_LIFETIME_MS: '1000', WRITE_DEADLINE_MS: '300' })
    const taken1 = gateway.upstream.takeCall()
    const ended = await gateway.signUp()
    const askedEnded = ask(gateway.url, ended, { headers: { 'idempotency-key': 'k' } })
    const { response: ending } = await taken1
    const taken2 = gateway.upstream.takeCall()
    const cut = await gateway.signUp()
    const askedCut = ask(gateway.url, cut)
    const { call: cutCall, response: standing } = await taken2
    const taken3 = gateway.upstream.takeCall()
    const whole = await gateway.signUp()
    const askedWhole = ask(gateway.url, whole, { body: CHAT })
    const { response: answering } = await taken3
    for (const response of [ending, standing]) {
      beginStream(response)
      response.write(ROLE + words('Hello'))
    }
    await Promise.all([askedEnded.until('Hello'), askedCut.until('Hello')])
    proxy.goAway()
    ending.end(usageChunk() + END)
    sendJson(answering, { choices: [], usage: { prompt_tokens: 5, completion_tokens: 6 } })

    // A replica that cannot renew ends its call.
    await cutCall.aborted
    const lost = { code: 'hold_lost', type: 'server_error' }
    for (const asked of [askedEnded, askedCut]) expect(lastError(await asked.text())).toMatchObject(lost)
    expect((await askedWhole.answered).status).toBe(503)
    expect(JSON.parse(await askedWhole.text()).error).toMatchObject(lost)

    proxy.comeBack()
    // Another replica tidies meanwhile: to it these calls are abandoned.
    await until(
      async () => (await gateway.server.services.ledger.sweep().catch(() => 0)) > 0,
      'the holds are swept',
    )
    for (const [token, event] of [
      [ended, { tokens: 29, estimated: false, key: 'k' }],
      [cut, { input: CHAT_TOKENS, output: tokensOf('Hello'), estimated: true }],
      [whole, { tokens: 11, estimated: false }],
    ] as const) {
      await until(
        async () => (await eventsOf(token)).some(({ kind }) => kind === 'usage'),
        'the late settlement is recorded',
      )
      expect((await eventsOf(token)).filter(({ kind }) => kind === 'usage')).toMatchObject([event])
      expect(await gateway.me(token)).toMatchObject({ promptCount: 1 })
      expect(await gateway.holds(token)).toBe(0)
    }
    expect(await findContradictions(gateway.server.database)).toEqual([])
  })

  it('before a call refuses it, and the upstream hears nothing', async () => {
    await start({ WRITE_DEADLINE_MS: '300' })
    const token = await gateway.signUp({ threshold: 1 })
    proxy.goAway()
    for (const body of [CHAT, STREAMED_CHAT]) {
      const asked = ask(gateway.url, token, { body })
      const { status, headers } = await asked.answered
      expect([status, headers.get('retry-after')]).toEqual([503, '1'])
      expect(JSON.parse(await asked.text())).toMatchObject({
        error: { code: 'database_unavailable', type: 'server_error', param: null },
      })
    }
    expect(gateway.upstream.calls).toEqual([])
    proxy.comeBack()
    await until(async () => (await ask(gateway.url, token).status()) === 200, 'the call passes')
    expect(await eventsOf(token)).toHaveLength(1)
  })

  it('just when a call is held leaves no hold behind that would refuse the next one', async () => {
    await start()
    const token = await gateway.signUp({ threshold: 2 })
    // The statement is prepared, so that its name is seen.
    await ask(gateway.url, token).text()
    const before = gateway.upstream.calls.length
    proxy.cutAfterSending(WRITE)
    expect(await ask(gateway.url, token).status()).toBe(503)
    expect(proxy.cuts).toBe(1)
    expect(gateway.upstream.calls.length).toBe(before)
    await until(async () => (await gateway.holds(token)) === 0, 'the hold is given back')
    expect(await ask(gateway.url, token).status()).toBe(200)
    await until(async () => (await eventsOf(token)).length === 2, 'the call is charged')
  })

  it('while the upstream refuses keeps the refusal from nobody, and the hold expires by itself', async () => {
    await start({ HOLD_LIFETIME_MS: '1000', WRITE_DEADLINE_MS: '300' })
    const token = await gateway.signUp({ threshold: 1 })
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { response } = await taken
    proxy.goAway()
    sendJson(response, { error: { message: 'no capacity' } }, { status: 503 })
    expect((await asked.answered).status).toBe(503)
    expect(await asked.text()).toContain('no capacity')
    proxy.comeBack()
    await until(async () => (await ask(gateway.url, token).status()) === 200, 'the call passes')
    await until(async () => (await eventsOf(token)).length === 1, 'the call is charged')
  })
})
