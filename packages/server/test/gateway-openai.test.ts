import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatAnswer, sendJson } from './support/scripted-upstream.ts'
import { describeOnBothEngines } from './support/test-database.ts'
import { MESSAGES, startTestGateway, type TestGateway } from './support/test-gateway.ts'

const model = 'gpt-5-mini'

interface Refusal {
  readonly error: { readonly code: string }
}

describeOnBothEngines('the official client', (engine) => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterAll(() => gateway.close())

  it('gets a whole answer, charged by the numbers in it, its parts as parts', async () => {
    const token = await gateway.signUp()
    const answer = await gateway.openai(token).chat.completions.create({ model, messages: MESSAGES })
    expect(answer.choices[0]?.message.content).toBe('Hello there!')
    expect(answer.usage).toMatchObject({ prompt_tokens: 21, completion_tokens: 8 })
    expect(await gateway.events(token)).toEqual([
      {
        kind: 'usage',
        prompts: 1,
        tokens: 29,
        cost: 0,
        model,
        source: 'gateway',
        input: 21,
        cached: 16,
        output: 8,
        reasoning: 3,
        estimated: false,
        key: null,
      },
    ])
  })

  it('gets a stream without the numbers it did not ask for, and is charged by them', async () => {
    const token = await gateway.signUp()
    const stream = await gateway
      .openai(token)
      .chat.completions.create({ model, messages: MESSAGES, stream: true })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello there!')
    expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true)
    // Settled before the last byte: whoever has read to the end sees it counted.
    expect(await gateway.me(token)).toMatchObject({ promptCount: 1, tokenCount: 29 })
    expect(await gateway.events(token)).toMatchObject([{ input: 21, output: 8, estimated: false }])
  })

  it('gets the numbers of a stream that it asked for', async () => {
    const token = await gateway.signUp()
    const stream = await gateway.openai(token).chat.completions.create({
      model,
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 21, completion_tokens: 8 })
    expect(await gateway.me(token)).toMatchObject({ promptCount: 1, tokenCount: 29 })
  })

  it('streams as the API key of a session just as well', async () => {
    const token = await gateway.signUp()
    const { apiKey } = await gateway.me(token)
    const runner = gateway.openai(apiKey).chat.completions.stream({ model, messages: MESSAGES })
    expect(await runner.finalContent()).toBe('Hello there!')
    expect(await gateway.me(token)).toMatchObject({ promptCount: 1, tokenCount: 29 })
  })

  it('passes tools and JSON mode through, both ways', async () => {
    const token = await gateway.signUp()
    const call = { id: 't1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }
    const usual = gateway.upstream.script
    gateway.upstream.script = (_call, response) =>
      sendJson(response, chatAnswer(undefined, { content: null, tool_calls: [call] }))
    const tools = [
      { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } },
    ]
    const before = gateway.upstream.calls.length
    const answer = await gateway
      .openai(token)
      .chat.completions.create({ model, messages: MESSAGES, tools, response_format: { type: 'json_object' } })
      .finally(() => {
        gateway.upstream.script = usual
      })
    expect(answer.choices[0]?.message.tool_calls).toEqual([call])
    const [sent] = gateway.upstream.calls.slice(before)
    expect(sent?.body).toEqual({ model, messages: MESSAGES, tools, response_format: { type: 'json_object' } })
  })

  it('gets responses, whole and streamed', async () => {
    const token = await gateway.signUp()
    const client = gateway.openai(token)
    const whole = await client.responses.create({ model, input: 'Hello?' })
    expect(whole.output_text).toBe('Hello!')
    const stream = await client.responses.create({ model, input: 'Hello?', stream: true })
    const types = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['response.created', 'response.output_text.delta', 'response.completed'])
    expect(await gateway.events(token)).toMatchObject([
      { input: 12, cached: 4, output: 6, reasoning: 2, tokens: 18 },
      { input: 12, cached: 4, output: 6, reasoning: 2, tokens: 18 },
    ])
  })

  it('gets embeddings, completions with a suffix, and models', async () => {
    const token = await gateway.signUp()
    const client = gateway.openai(token)
    const { data } = await client.embeddings.create({ model, input: 'Hello', encoding_format: 'float' })
    expect(data[0]?.embedding).toEqual([0.5, -0.25])
    const completion = await client.completions.create({
      model,
      prompt: 'return',
      suffix: ';',
      max_tokens: 8,
    })
    expect(completion.choices[0]?.text).toBe(' a + b')
    const models = await client.models.list()
    expect(models.data.map(({ id }) => id)).toEqual(['gpt-5', 'gpt-5-mini', 'o4-mini'])
    expect(await gateway.events(token)).toMatchObject([
      { prompts: 1, tokens: 5, input: 5, output: 0 },
      { prompts: 1, tokens: 11, input: 7, output: 4 },
    ])
  })

  it('lists only the models that the plan allows', async () => {
    const token = await gateway.signUp({ overrides: { allowedModels: ['gpt-5*'] } })
    const models = await gateway.openai(token).models.list()
    expect(models.data.map(({ id }) => id)).toEqual(['gpt-5', 'gpt-5-mini'])
    const refused = gateway.openai(token).chat.completions.create({ model: 'o4-mini', messages: MESSAGES })
    await expect(refused).rejects.toMatchObject({ status: 403, code: 'model_not_allowed' })
  })

  it('sees each refusal as the class of error that it knows', async () => {
    const token = await gateway.signUp({ threshold: 0 })
    const ask = (client: OpenAI) => client.chat.completions.create({ model, messages: MESSAGES })
    await expect(ask(gateway.openai(token))).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    await expect(ask(gateway.openai('nonsense'))).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError)
    const { status } = await fetch(`${gateway.url}/v1/models`)
    expect(status).toBe(401)

    const rich = gateway.openai(await gateway.signUp())
    const usual = gateway.upstream.script
    const classes = {
      400: OpenAI.BadRequestError,
      404: OpenAI.NotFoundError,
      409: OpenAI.ConflictError,
      422: OpenAI.UnprocessableEntityError,
      429: OpenAI.RateLimitError,
      500: OpenAI.InternalServerError,
    }
    try {
      for (const [status, type] of Object.entries(classes)) {
        const error = { message: 'as the upstream says', type: 'some_error', param: 'x', code: 'some_code' }
        gateway.upstream.script = (_call, response) =>
          sendJson(response, { error }, { status: Number(status) })
        const failure = await ask(rich).catch((reason) => reason)
        expect(failure).toBeInstanceOf(type)
        expect(failure).toMatchObject({ status: Number(status), code: 'some_code', param: 'x' })
      }
      gateway.upstream.script = (_call, response) =>
        sendJson(response, { error: { message: 'bad key' } }, { status: 401 })
      await expect(ask(rich)).rejects.toMatchObject({ status: 502, code: 'upstream_key_refused' })
    } finally {
      gateway.upstream.script = usual
    }
  })
})

describe('a reached limit', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway('postgres', {
      environment: { UPGRADE_URL: 'https://example.com/upgrade' },
    })
  })
  afterAll(() => gateway.close())

  it('is told with which limit, used, amount, reset and upgrade, and is not tried again by the client', async () => {
    const token = await gateway.signUp({
      overrides: { limits: [{ meter: 'prompts', window: 'month', amount: 2 }] },
    })
    const client = gateway.openai(token, { maxRetries: 5 })
    const ask = () => client.chat.completions.create({ model, messages: MESSAGES })
    await ask()
    await ask()
    const before = gateway.upstream.calls.length
    const error = await ask().catch((reason) => reason)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(error.headers.get('x-should-retry')).toBe('false')
    const now = new Date()
    const nextMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString()
    expect(error.error).toMatchObject({
      type: 'insufficient_quota',
      code: 'insufficient_quota',
      limit: {
        meter: 'prompts',
        window: 'month',
        amount: 2,
        used: 2,
        held: 0,
        remaining: 0,
        resetsAt: nextMonth,
      },
      upgradeUrl: 'https://example.com/upgrade',
    })
    expect(error.headers.get('ratelimit-policy')).toMatch(/"prompts-month";q=2;w=\d+/)
    expect(error.headers.get('ratelimit')).toMatch(/"prompts-month";r=0;t=\d+/)
    expect(gateway.upstream.calls.length).toBe(before)
  })

  it('of calls per minute asks to come again soon', async () => {
    const token = await gateway.signUp({ overrides: { requestsPerMinute: 1 } })
    const ask = () => gateway.post('/v1/chat/completions', token, { model, messages: MESSAGES })
    const answers = [await ask(), await ask()]
    // The minute may have turned between the two.
    if (answers[1]?.status === 200) answers.push(await ask())
    const refused = answers.at(-1) as Response
    expect(refused.status).toBe(429)
    expect(((await refused.json()) as Refusal).error.code).toBe('rate_limit_exceeded')
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('ratelimit')).toMatch(/"requests-minute";r=0;t=\d+/)
  })

  it('of calls at once is retried by the client, and passes when one has ended', async () => {
    const token = await gateway.signUp({ overrides: { concurrentCalls: 1 } })
    const usual = gateway.upstream.script
    let release = () => {}
    gateway.upstream.script = (call, response) => {
      release = () => usual(call, response)
    }
    const before = gateway.upstream.calls.length
    const first = gateway.post('/v1/chat/completions', token, { model, messages: MESSAGES })
    while (gateway.upstream.calls.length === before) await new Promise((resolve) => setImmediate(resolve))
    const second = await gateway.post('/v1/chat/completions', token, { model, messages: MESSAGES })
    gateway.upstream.script = usual
    expect(second.status).toBe(429)
    expect(second.headers.get('x-should-retry')).toBe('true')
    expect(((await second.json()) as Refusal).error.code).toBe('concurrency_limit_reached')
    release()
    expect((await first).status).toBe(200)
    expect((await gateway.post('/v1/chat/completions', token, { model, messages: MESSAGES })).status).toBe(
      200,
    )
  })
})
