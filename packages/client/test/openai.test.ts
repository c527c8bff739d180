import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendJson } from '../../server/test/support/scripted-upstream.ts'
import { MESSAGES, startTestGateway, type TestGateway } from '../../server/test/support/test-gateway.ts'
import { createClient, fromOpenAIError, LimitReachedError, SignInRequiredError } from '../src/index.ts'
import { caught } from './support/caught.ts'

const UPGRADE_URL = 'https://example.com/upgrade'
const model = 'gpt-5-mini'

describe('the openai package with what openaiOptions() gives', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway('postgres', { environment: { UPGRADE_URL } })
  })
  afterAll(() => gateway.close())

  const openaiOf = (token: string | null | (() => string)) =>
    new OpenAI({
      ...createClient({ serverUrl: gateway.url, token, source: 'my-extension/1.2.0' }).openaiOptions(),
      maxRetries: 0,
    })
  const ask = (openai: OpenAI) => openai.chat.completions.create({ model, messages: MESSAGES })

  it('calls the gateway, which meters under the source', async () => {
    const token = await gateway.signUp()
    expect((await ask(openaiOf(token))).choices[0]?.message.content).toBe('Hello there!')
    expect(await gateway.settled(token)).toMatchObject([{ prompts: 1, source: 'my-extension/1.2.0', model }])
  })

  it('streams', async () => {
    const token = await gateway.signUp()
    const stream = await openaiOf(token).chat.completions.create({ model, messages: MESSAGES, stream: true })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('Hello there!')
    expect(await gateway.settled(token)).toMatchObject([{ prompts: 1, source: 'my-extension/1.2.0' }])
  })

  it('asks for the token at each request, so that another user is served at once', async () => {
    const [first, second] = [await gateway.signUp(), await gateway.signUp()]
    let token = first
    const openai = openaiOf(() => token)
    await ask(openai)
    token = second
    await ask(openai)
    for (const user of [first, second]) expect(await gateway.settled(user)).toHaveLength(1)
  })

  it('sends nothing while nobody is signed in', async () => {
    const calls = gateway.upstream.calls.length
    const error = await caught(ask(openaiOf(null)))
    expect(error instanceof SignInRequiredError || error.cause instanceof SignInRequiredError).toBe(true)
    expect(gateway.upstream.calls).toHaveLength(calls)
  })

  it('a limit of the day that is reached says which, when it begins anew, and where to get more', async () => {
    const limits = [{ meter: 'prompts', window: 'day', amount: 1 }]
    const openai = openaiOf(await gateway.signUp({ overrides: { limits } }))
    await ask(openai)
    const thrown = await caught(ask(openai))
    const error = fromOpenAIError(thrown)
    expect(error).toBeInstanceOf(LimitReachedError)
    const midnight = new Date()
    midnight.setUTCHours(24, 0, 0, 0)
    expect(error).toMatchObject({
      code: 'insufficient_quota',
      status: 429,
      limit: { meter: 'prompts', window: 'day', used: 1, amount: 1, remaining: 0 },
      resetsAt: midnight,
      upgradeUrl: UPGRADE_URL,
      cause: thrown,
    })
  })

  it('a limit for life that is reached never begins anew', async () => {
    const openai = openaiOf(await gateway.signUp({ threshold: 1 }))
    await ask(openai)
    expect(fromOpenAIError(await caught(ask(openai)))).toMatchObject({
      limit: { window: 'lifetime', amount: 1 },
      resetsAt: null,
    })
  })

  it('a session that is over asks for a sign-in', async () => {
    const token = await gateway.signUp()
    await createClient({ serverUrl: gateway.url, token }).signOut()
    expect(fromOpenAIError(await caught(ask(openaiOf(token))))).toBeInstanceOf(SignInRequiredError)
  })

  it('an error of the AI provider is none of ours', async () => {
    const openai = openaiOf(await gateway.signUp())
    for (const [status, code] of [
      [400, 'context_length_exceeded'],
      [429, 'rate_limit_exceeded'],
      [400, null],
    ] as const) {
      const usual = gateway.upstream.script
      gateway.upstream.script = (_call, response) =>
        sendJson(
          response,
          { error: { message: 'Too long.', type: 'invalid_request_error', code } },
          { status },
        )
      const thrown = await caught(ask(openai))
      gateway.upstream.script = usual
      expect(thrown).toMatchObject({ status })
      expect(fromOpenAIError(thrown)).toBeNull()
    }
  })

  it.each([
    new Error('other'),
    new OpenAI.APIUserAbortError(),
    new OpenAI.APIConnectionError({ message: 'x' }),
    null,
    'text',
    { status: 500 },
  ])('anything else is none of ours: %s', (thrown) => {
    expect(fromOpenAIError(thrown)).toBeNull()
  })
})
