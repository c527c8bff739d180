import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  CHAT,
  CHAT_PATH,
  CHAT_TOKENS,
  MODEL,
  STREAMED_CHAT,
  tokensOf,
} from './support/gateway-client.ts'
import { type GatewayReplicas, startGatewayReplicas } from './support/gateway-replicas.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { answerUsually, chatAnswer, sendJson } from './support/scripted-upstream.ts'
import { MESSAGES, type TestGateway } from './support/test-gateway.ts'

let replicas: GatewayReplicas
let gateway: TestGateway
beforeAll(async () => {
  // A user may have half of the queue waiting, and every call here is of one.
  replicas = await startGatewayReplicas('postgres', 3)
  gateway = replicas.at(0)
})
afterAll(() => replicas.close())
afterEach(() => {
  replicas.upstream.script = answerUsually
})

const limit = (meter: string, amount: number, window = 'lifetime') => ({ meter, window, amount })
const signUp = (...limits: object[]) => gateway.signUp({ overrides: { limits } })

/** What a call is answered, as far as these tests look at it. */
async function call(token: string, body: object = CHAT, { path = CHAT_PATH, at = gateway } = {}) {
  const before = replicas.upstream.calls.length
  const asked = ask(at.url, token, { path, body })
  const { status, headers } = await asked.answered
  const text = await asked.text()
  const [sent] = replicas.upstream.calls.slice(before)
  return { status, headers, error: status === 200 ? null : JSON.parse(text).error, sent: sent?.body ?? null }
}

describe('the last prompts of a user, asked for by 1,000 calls at once on three replicas', () => {
  const CALLS = 1000
  const LEFT = 10

  /** Makes all calls at once, and gives how many were answered with each status and code. */
  async function rush(token: string, refused: () => void): Promise<Record<string, number>> {
    const outcomes: Record<string, number> = {}
    await Promise.all(
      Array.from({ length: CALLS }, async (_, index) => {
        const asked = ask(replicas.at(index).url, token, { body: index % 2 === 0 ? CHAT : STREAMED_CHAT })
        const { status, headers } = await asked.answered
        const text = await asked.text()
        const name = status === 200 ? '200' : `${status} ${JSON.parse(text).error.code}`
        outcomes[name] = (outcomes[name] ?? 0) + 1
        if (status === 200) return
        expect(headers.get('x-should-retry')).toBe('false')
        refused()
      }),
    )
    return outcomes
  }

  /** A user who has used all but the last prompts. */
  async function signUpNearTheEnd(): Promise<string> {
    const token = await gateway.signUp({ threshold: 100 })
    await gateway.server.track(token, { usage: 100 - LEFT })
    return token
  }

  it('reach the upstream exactly as often as there are prompts, while none of them has ended', async () => {
    const token = await signUpNearTheEnd()
    const before = replicas.upstream.calls.length
    const waiting: (() => void)[] = []
    let ended = 0
    // No call is answered before all others are refused: only what is held can refuse them.
    const release = () => {
      if (waiting.length + ended === CALLS) for (const answer of waiting) answer()
    }
    replicas.upstream.script = (call, response) => {
      waiting.push(() => answerUsually(call, response))
      release()
    }
    const outcomes = await rush(token, () => {
      ended++
      release()
    })
    expect(outcomes).toEqual({ '200': LEFT, '429 insufficient_quota': CALLS - LEFT })
    expect(replicas.upstream.calls.length - before).toBe(LEFT)
    expect(await gateway.me(token)).toMatchObject({ promptCount: 100, limits: [{ used: 100, held: 0 }] })
    expect(await gateway.holds(token)).toBe(0)
    expect(await findContradictions(gateway.server.database)).toEqual([])
  })

  it('reach the upstream exactly as often as there are prompts, while they end', async () => {
    const token = await signUpNearTheEnd()
    const before = replicas.upstream.calls.length
    const outcomes = await rush(token, () => {})
    expect(outcomes).toEqual({ '200': LEFT, '429 insufficient_quota': CALLS - LEFT })
    expect(replicas.upstream.calls.length - before).toBe(LEFT)
    expect(await gateway.me(token)).toMatchObject({ promptCount: 100, limits: [{ used: 100, held: 0 }] })
    expect(await gateway.holds(token)).toBe(0)
    expect(await findContradictions(gateway.server.database)).toEqual([])
  })
})

describe('a call for which too little is left', () => {
  it('has its answer capped at what is left, down to 16 tokens, and is refused below', async () => {
    for (const left of [100, 16]) {
      const token = await signUp(limit('tokens', CHAT_TOKENS + left))
      expect(await call(token)).toMatchObject({ status: 200, sent: { ...CHAT, max_completion_tokens: left } })
    }
    const token = await signUp(limit('tokens', CHAT_TOKENS + 15))
    expect(await call(token)).toMatchObject({
      status: 429,
      error: { code: 'insufficient_quota', limit: { meter: 'tokens', remaining: CHAT_TOKENS + 15, held: 0 } },
      sent: null,
    })
    // Who asks for less than 16 gets it.
    expect(await call(token, { ...CHAT, max_tokens: 15 })).toMatchObject({
      status: 200,
      sent: { max_tokens: 15 },
    })
  })

  it('shares what is left among its answers, and what calls under way hold', async () => {
    const token = await signUp(limit('tokens', 2 * CHAT_TOKENS + 40 + 3 * 20))
    const taken = replicas.upstream.takeCall()
    const first = call(token, { ...CHAT, max_tokens: 40 }, { at: replicas.at(1) })
    const { response } = await taken
    expect(await call(token, { ...CHAT, n: 4 }, { at: replicas.at(2) })).toMatchObject({ status: 429 })
    expect(await call(token, { ...CHAT, n: 3 })).toMatchObject({
      status: 200,
      sent: { n: 3, max_completion_tokens: 20 },
    })
    sendJson(response, chatAnswer())
    expect(await first).toMatchObject({ status: 200, sent: { max_tokens: 40 } })
  })

  it('is capped in each shape of request by the bound that it knows', async () => {
    const input = 3 + 4 + tokensOf('Hello?')
    expect(
      await call(
        await signUp(limit('tokens', input + 50)),
        { model: MODEL, input: 'Hello?' },
        { path: '/v1/responses' },
      ),
    ).toMatchObject({ status: 200, sent: { max_output_tokens: 50 } })
    const prompts = { model: MODEL, prompt: ['Hello?', 'Hello?'], best_of: 2 }
    expect(
      await call(await signUp(limit('tokens', 2 * tokensOf('Hello?') + 4 * 30)), prompts, {
        path: '/v1/completions',
      }),
    ).toMatchObject({ status: 200, sent: { max_tokens: 30 } })
    const embedded = { model: MODEL, input: 'one two three four five' }
    for (const [amount, status] of [
      [5, 200],
      [4, 429],
    ] as const)
      expect(
        await call(await signUp(limit('tokens', amount)), embedded, { path: '/v1/embeddings' }),
      ).toMatchObject({ status })
  })
})

describe('a request without a bound', () => {
  it("gets the plan's default where tokens are limited, 4096 where the plan has none", async () => {
    const { plans } = gateway.server.services
    await plans.put('brief', { limits: [limit('tokens', 1e6, 'month') as never], defaultMaxTokens: 123 })
    await plans.put('silent', { limits: [limit('tokens', 1e6, 'month') as never] })
    for (const [plan, cap] of [
      ['brief', 123],
      ['silent', 4096],
    ] as const) {
      const token = await gateway.signUp({ plan })
      expect((await call(token)).sent).toEqual({ ...CHAT, max_completion_tokens: cap })
      expect((await call(token, { ...CHAT, max_completion_tokens: 7 })).sent).toEqual({
        ...CHAT,
        max_completion_tokens: 7,
      })
    }
  })

  it('goes as it is where only prompts are limited', async () => {
    expect((await call(await gateway.signUp({ threshold: 3 }))).sent).toEqual(CHAT)
  })
})

describe('a plan that limits cost', () => {
  it('refuses a model without a price, and nothing of it reaches the upstream', async () => {
    const token = await signUp(limit('cost', 1e9))
    for (const body of [{ ...CHAT, model: 'unpriced-model' }, { messages: MESSAGES }])
      expect(await call(token, body)).toMatchObject({
        status: 403,
        error: { code: 'model_not_priced' },
        sent: null,
      })
    await gateway.server.services.prices.put([
      {
        model: 'unpriced-*',
        effectiveFrom: '2026-01-01T00:00:00.000Z',
        inputMicros: 1e6,
        cachedInputMicros: null,
        outputMicros: 1e6,
      },
    ])
    // From the very next call on, on every replica.
    for (const at of replicas.gateways)
      expect(await call(token, { ...CHAT, model: 'unpriced-model' }, { at })).toMatchObject({ status: 200 })
    expect(await gateway.me(token)).toMatchObject({ limits: [{}, { meter: 'cost', used: 3 * 29, held: 0 }] })
  })
})

describe('limits', () => {
  it('count /trackUsage and the gateway alike, in each window', async () => {
    for (const window of ['lifetime', 'month', 'week', 'day', 'hour']) {
      const token = await (window === 'lifetime'
        ? gateway.signUp({ threshold: 3 })
        : signUp(limit('prompts', 3, window)))
      await replicas.at(1).server.track(token, { usage: 1 })
      expect((await call(token)).status).toBe(200)
      await replicas.at(2).server.track(token, { usage: 1 })
      expect(await call(token)).toMatchObject({
        status: 429,
        error: { limit: { meter: 'prompts', window, used: 3, remaining: 0 } },
        sent: null,
      })
    }
    const token = await signUp(limit('tokens', 1000, 'day'))
    await gateway.server.track(token, { usage: 1, tokenCount: 1000 - CHAT_TOKENS - 20 })
    expect((await call(token)).sent).toMatchObject({ max_completion_tokens: 20 })
  })

  it('that an upstream does not keep to are passed by what was used, and a metric says by how much', async () => {
    const metric = async () => {
      const { body } = await gateway.server.request({ url: '/metrics' })
      return Number(/^promptmeter_gateway_tokens_beyond_hold_total (\d+)$/m.exec(body)?.[1])
    }
    const token = await signUp(limit('tokens', 100))
    const before = await metric()
    replicas.upstream.script = (_call, response) =>
      sendJson(response, chatAnswer({ prompt_tokens: 60, completion_tokens: 900, total_tokens: 960 }))
    expect((await call(token, { ...CHAT, max_tokens: 50 })).status).toBe(200)
    expect(await gateway.me(token)).toMatchObject({ tokenCount: 960 })
    expect((await metric()) - before).toBe(960 - CHAT_TOKENS - 50)
    expect((await call(token)).status).toBe(429)
  })
})
