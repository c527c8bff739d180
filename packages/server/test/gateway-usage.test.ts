import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  CHAT,
  CHAT_TOKENS,
  END,
  MODEL,
  ROLE,
  STREAMED_CHAT,
  tokensOf,
  words,
} from './support/gateway-client.ts'
import { answerUsually, beginStream, chatAnswer, sendJson, usageChunk } from './support/scripted-upstream.ts'
import { startTestGateway, type TestGateway } from './support/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway('postgres')
})
afterAll(() => gateway.close())
afterEach(() => {
  gateway.upstream.script = answerUsually
})

describe('an upstream whose numbers never come', () => {
  it('of a stream: the text that was delivered is counted (LiteLLM #8349, Bifrost #4484)', async () => {
    const texts = ['Ein', ' schöner', ' Tag', ' 🎉', '!\n']
    gateway.upstream.script = (_call, response) => {
      beginStream(response)
      response.end(ROLE + words(...texts) + END)
    }
    const token = await gateway.signUp()
    const delivered = tokensOf(texts.join(''))
    expect(await ask(gateway.url, token).text()).toBe(ROLE + words(...texts) + END)
    const event = { input: CHAT_TOKENS, output: delivered, tokens: CHAT_TOKENS + delivered, estimated: true }
    expect(await gateway.settled(token)).toMatchObject([event])
    // The client asked for them, and they did not come all the same.
    const wanting = { ...STREAMED_CHAT, stream_options: { include_usage: true } }
    await ask(gateway.url, token, { body: wanting }).text()
    expect(await gateway.settled(token)).toMatchObject([event, event])
  })

  it('of a whole answer: its text is counted, reasoning and calls of tools included', async () => {
    const message = {
      content: 'Hello there!',
      reasoning_content: 'The user greets.',
      tool_calls: [{ id: 't', type: 'function', function: { name: 'wave', arguments: '{"hand":"left"}' } }],
    }
    gateway.upstream.script = (_call, response) => sendJson(response, chatAnswer(undefined, message))
    gateway.upstream.script = (_call, response) => sendJson(response, chatAnswer(null, message))
    const token = await gateway.signUp()
    await ask(gateway.url, token, { body: CHAT }).text()
    const output = tokensOf('The user greets.Hello there!wave{"hand":"left"}')
    expect(await gateway.settled(token)).toMatchObject([{ input: CHAT_TOKENS, output, estimated: true }])
  })

  it('of responses, completions and embeddings: each is counted in its own shape', async () => {
    const event = (type: string, fields: object) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
    gateway.upstream.script = ({ path }, response) => {
      if (path === '/v1/embeddings') return sendJson(response, { data: [] })
      beginStream(response)
      if (path === '/v1/completions') {
        response.end(
          `data: ${JSON.stringify({ choices: [{ index: 0, text: ' a + b' }] })}\n\ndata: [DONE]\n\n`,
        )
      } else {
        response.write(event('response.created', { response: { output: [] } }))
        response.write(event('response.output_text.delta', { delta: 'Good day' }))
        response.end(
          event('response.completed', { response: { output: [{ type: 'message' }], usage: null } }),
        )
      }
    }
    const token = await gateway.signUp()
    const bodies = {
      responses: { model: MODEL, input: 'Hello?', stream: true },
      completions: { model: MODEL, prompt: 'return', suffix: ';', stream: true },
      embeddings: { model: MODEL, input: ['Hello', 'world'] },
    }
    for (const [path, body] of Object.entries(bodies))
      await ask(gateway.url, token, { path: `/v1/${path}`, body }).text()
    expect(await gateway.settled(token)).toMatchObject([
      { input: 3 + 4 + tokensOf('Hello?'), output: tokensOf('Good day'), estimated: true },
      { input: tokensOf('return') + tokensOf(';'), output: tokensOf(' a + b'), estimated: true },
      { input: 2, output: 0, estimated: true },
    ])
  })

  const GARBAGE: [string, unknown][] = [
    ['null', null],
    ['a list', [1, 2]],
    ['a negative input', { prompt_tokens: -21, completion_tokens: 8 }],
    ['a negative output', { prompt_tokens: 21, completion_tokens: -8 }],
    ['texts', { prompt_tokens: '21', completion_tokens: '8', total_tokens: '29' }],
    ['a text for the output', { prompt_tokens: 21, completion_tokens: '8' }],
    ['no whole number', { prompt_tokens: 21, completion_tokens: 8.5 }],
    ['numbers beyond all measure', { prompt_tokens: 1e300, completion_tokens: 1e300, total_tokens: 1e300 }],
    ['an output beyond all measure', { prompt_tokens: 21, completion_tokens: 1e300 }],
    ['an output of null', { prompt_tokens: 21, completion_tokens: null }],
    ['no output at all', { prompt_tokens: 21 }],
    ['no numbers', {}],
  ]
  it.each(GARBAGE)('or are %s: what was delivered is counted', async (_name, usage) => {
    const token = await gateway.signUp()
    gateway.upstream.script = ({ body }, response) => {
      if (body.stream !== true) return sendJson(response, chatAnswer(usage))
      beginStream(response)
      response.end(ROLE + words('Hello', ' there!') + usageChunk(usage as object) + END)
    }
    await ask(gateway.url, token).text()
    await ask(gateway.url, token, { body: CHAT }).text()
    const event = { input: CHAT_TOKENS, output: tokensOf('Hello there!'), estimated: true }
    expect(await gateway.settled(token)).toMatchObject([event, event])
  })
})

describe("the upstream's numbers", () => {
  beforeAll(async () => {
    const effectiveFrom = '2026-01-01T00:00:00.000Z'
    await gateway.server.services.prices.put([
      { model: MODEL, effectiveFrom, inputMicros: 1e6, cachedInputMicros: 1e5, outputMicros: 1e7 },
    ])
  })

  const prompt_tokens_details = { cached_tokens: 800 }
  const completion_tokens_details = { reasoning_tokens: 150 }
  const CASES: [string, object, object][] = [
    [
      'count cached tokens once, as the part of the input they are (LiteLLM #9812 #14849 #37407, Bifrost #3451)',
      { prompt_tokens: 1000, completion_tokens: 10, total_tokens: 1010, prompt_tokens_details },
      { input: 1000, cached: 800, output: 10, reasoning: 0, tokens: 1010, cost: 200 + 80 + 100 },
    ],
    [
      'count reasoning tokens once, as the part of the output they are',
      { prompt_tokens: 10, completion_tokens: 200, total_tokens: 210, completion_tokens_details },
      { input: 10, cached: 0, output: 200, reasoning: 150, tokens: 210, cost: 10 + 2000 },
    ],
    [
      'of a server that tells reasoning only in the total are those of the total',
      { prompt_tokens: 10, completion_tokens: 50, total_tokens: 210, completion_tokens_details },
      { input: 10, output: 200, reasoning: 150, tokens: 210, cost: 10 + 2000 },
    ],
    [
      'never count a part as more than the whole',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: 99 },
        completion_tokens_details: { reasoning_tokens: 99 },
      },
      { input: 10, cached: 10, output: 5, reasoning: 5, tokens: 15, cost: 1 + 50 },
    ],
  ]
  it.each(CASES)('%s', async (_name, usage, event) => {
    const token = await gateway.signUp()
    gateway.upstream.script = ({ body }, response) => {
      if (body.stream !== true) return sendJson(response, chatAnswer(usage))
      beginStream(response)
      response.end(ROLE + words('Hello') + usageChunk(usage) + END)
    }
    await ask(gateway.url, token).text()
    await ask(gateway.url, token, { body: CHAT }).text()
    const expected = { ...event, prompts: 1, estimated: false }
    expect(await gateway.settled(token)).toMatchObject([expected, expected])
  })

  it('are understood in however many pieces they come, and with any end of lines', async () => {
    const token = await gateway.signUp()
    const stream = ROLE + words('Hello', ' 🎉') + usageChunk() + END
    for (const text of [stream, stream.replaceAll('\n', '\r\n'), stream.replaceAll('\n', '\r')]) {
      gateway.upstream.script = async (_call, response) => {
        beginStream(response)
        response.socket?.setNoDelay(true)
        for (const byte of Buffer.from(text))
          await new Promise((resolve) => response.write(Buffer.from([byte]), resolve))
        response.end()
      }
      await ask(gateway.url, token).text()
    }
    const event = { input: 21, output: 8, estimated: false }
    expect(await gateway.settled(token)).toMatchObject([event, event, event])
  })

  it('count though the stream ends before the blank line behind them, and stay hidden', async () => {
    const token = await gateway.signUp()
    gateway.upstream.script = (_call, response) => {
      beginStream(response)
      response.end(ROLE + words('Hello') + usageChunk().trimEnd())
    }
    expect(await ask(gateway.url, token).text()).toBe(ROLE + words('Hello'))
    expect(await gateway.settled(token)).toMatchObject([{ input: 21, output: 8, estimated: false }])
  })

  it('of every single answer are added to one call, for several answers are one prompt', async () => {
    const token = await gateway.signUp()
    const choices = [0, 1, 2].map((index) => ({ index, message: { role: 'assistant', content: 'Hello' } }))
    gateway.upstream.script = (_call, response) => sendJson(response, { ...chatAnswer(null), choices })
    await ask(gateway.url, token, { body: { ...CHAT, n: 3 } }).text()
    gateway.upstream.script = (_call, response) =>
      sendJson(response, { ...chatAnswer({ prompt_tokens: 21, completion_tokens: 24 }), choices })
    await ask(gateway.url, token, { body: { ...CHAT, n: 3 } }).text()
    expect(await gateway.settled(token)).toMatchObject([
      { prompts: 1, input: CHAT_TOKENS, output: tokensOf('HelloHelloHello'), estimated: true },
      { prompts: 1, input: 21, output: 24, estimated: false },
    ])
  })
})
