import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ask, CHAT, CHAT_PATH, END, MODEL, ROLE, STREAMED_CHAT, words } from './support/gateway-client.ts'
import { answerUsually, beginStream, chatAnswer, sendJson, usageChunk } from './support/scripted-upstream.ts'
import { startTestGateway, type TestGateway } from './support/test-gateway.ts'

let gateway: TestGateway
let unlimited: string
let limited: string
beforeAll(async () => {
  // Chosen, so that it takes requests which a proxy has brought.
  gateway = await startTestGateway('postgres', { environment: { SIGN_IN: 'trusted' } })
  unlimited = await gateway.signUp()
  limited = await gateway.signUp({
    overrides: { limits: [{ meter: 'tokens', window: 'day', amount: 1_000_000 }], defaultMaxTokens: 500 },
  })
})
afterAll(() => gateway.close())
afterEach(() => {
  gateway.upstream.script = answerUsually
})

/** What reached the upstream of this body, or nothing, and what the client was answered. */
async function send(token: string, body: string, path = CHAT_PATH, headers: Record<string, string> = {}) {
  const before = gateway.upstream.calls.length
  const asked = ask(gateway.url, token, { path, body, headers })
  const { status } = await asked.answered
  const answer = await asked.text()
  const calls = gateway.upstream.calls.slice(before)
  expect(calls.length).toBeLessThanOrEqual(1)
  return { status, answer, call: calls[0], sent: calls[0]?.rawBody.toString() }
}

const ODD = String.raw`
  { "temperature" : 1.0e0,
	"model":"gpt-5-\u006dini" , "unknown_field" : { "b" : [ 1 , 2.50, 1e2, -0 ], "a" : null },
    "messages" : [{"content":"caf\u00e9 \ud83c\udf89 \/ \" \\ {\"model\":\"x\"}" ,"role":"user", "role2": "x"}],"seed":9007199254740993,
    "Temperature": 2 } `

describe('the body of a request', () => {
  it('reaches the upstream byte for byte where nothing limits tokens', async () => {
    const bodies = { '/v1/responses': 'input', '/v1/completions': 'prompt', '/v1/embeddings': 'input' }
    expect((await send(unlimited, ODD)).sent).toBe(ODD)
    for (const [path, field] of Object.entries(bodies)) {
      const body = ODD.replace('"unknown_field"', `"${field}" : "a\\u0062c", "unknown_field"`)
      expect((await send(unlimited, body, path)).sent).toBe(body)
    }
    const bounded = ODD.replace('{', '{"max_tokens":7,"max_completion_tokens":9,"n":2,')
    expect((await send(unlimited, bounded)).sent).toBe(bounded)
  })

  it('that asks for a stream is changed in the wish for its numbers, and in nothing else', async () => {
    const stream = (options: string) => ODD.replace('{', `{ "stream" : true ,${options}`)
    const cases = [
      ['', '"stream_options":{"include_usage":true},'],
      ['"stream_options": null ,', '"stream_options": {"include_usage":true} ,'],
      ['"stream_options": { "x" : 1 } ,', '"stream_options": {"include_usage":true, "x" : 1 } ,'],
      [
        '"stream_options":{"include_usage" : false, "x":[1 , 2]},',
        '"stream_options":{"include_usage" : true, "x":[1 , 2]},',
      ],
      ['"stream_options":{"include_usage" : true , "x":1},', null],
    ] as const
    for (const [options, changed] of cases) {
      const expected =
        changed === null
          ? stream(options)
          : options === ''
            ? ODD.replace('{', `{${changed} "stream" : true ,`)
            : stream(changed)
      expect((await send(unlimited, stream(options))).sent).toBe(expected)
    }
    // A response tells its numbers unasked.
    const response = stream('').replace('"messages"', '"input":"abc","messages"')
    expect((await send(unlimited, response, '/v1/responses')).sent).toBe(response)
  })

  it('is changed in the bound on the answer where tokens are limited, and in nothing else', async () => {
    const bound = (fields: string) => ODD.replace('{', `{${fields}`)
    const cases = [
      // None is there: the default of the plan.
      ['', '"max_completion_tokens":500,'],
      ['"max_tokens": null ,', '"max_completion_tokens":500,"max_tokens": null ,'],
      // What is there and fits stays.
      ['"max_tokens" : 7 ,', null],
      ['"max_completion_tokens" : 70.0 , "max_tokens": 7 ,', null],
      // What bounds nothing is set.
      ['"max_tokens" : "7" ,', '"max_tokens" : 500 ,'],
      ['"max_tokens" : -1 ,', '"max_tokens" : 500 ,'],
      [
        '"max_completion_tokens" : 20, "max_tokens" : 1e300 ,',
        '"max_completion_tokens" : 20, "max_tokens" : 20 ,',
      ],
    ] as const
    for (const [fields, changed] of cases)
      expect((await send(limited, bound(fields))).sent).toBe(bound(changed ?? fields))
    const input = ODD.replace('{', '{"input":"abc",')
    expect((await send(limited, input, '/v1/responses')).sent).toBe(
      input.replace('{', '{"max_output_tokens":500,'),
    )
    const prompt = ODD.replace('{', '{"prompt":"abc",')
    expect((await send(limited, prompt, '/v1/completions')).sent).toBe(
      prompt.replace('{', '{"max_tokens":500,'),
    )
    // Embeddings have no answer to bound.
    expect((await send(limited, input, '/v1/embeddings')).sent).toBe(input)
  })

  it('has its bound lowered to what is left, never raised', async () => {
    const token = await gateway.signUp({
      overrides: { limits: [{ meter: 'tokens', window: 'lifetime', amount: 60 }] },
    })
    const { call } = await send(
      token,
      JSON.stringify({ ...CHAT, max_completion_tokens: 20, max_tokens: 100 }),
    )
    expect(call?.body.max_completion_tokens).toBe(20)
    expect(call?.body.max_tokens).toBeLessThan(60)
    expect(call?.body.max_tokens).toBeGreaterThan(20)
  })

  const AMBIGUOUS = [
    '{"model":"gpt-5","model":"gpt-5-mini","messages":[]}',
    '{"model":"gpt-5-mini","Model":"gpt-5","messages":[]}',
    '{"MODEL":"gpt-5","messages":[]}',
    String.raw`{"mod\u0065l":"gpt-5","messages":[]}`,
    String.raw`{"model":"gpt-5","unknow\u006e":1,"messages":[]}`,
    '{"model":"m","messages":[],"max_tokens":5,"max_tokens":5000}',
    '{"model":"m","messages":[],"Max_Tokens":5000}',
    '{"model":"m","messages":[],"ſtream":true}',
    '{"model":"m","messages":[],"n":1,"N":9}',
    '{"model":"m","messages":[],"stream_options":{},"Stream_Options":{}}',
  ]
  it.each(AMBIGUOUS)('that two parsers may read differently is refused: %s', async (body) => {
    for (const token of [unlimited, limited]) {
      const { status, answer, call } = await send(token, body)
      expect(status).toBe(400)
      expect(JSON.parse(answer).error).toMatchObject({
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_request',
        message: expect.stringContaining('ambiguous'),
      })
      expect(call).toBeUndefined()
    }
  })

  it('of which nobody knows how many answers it gets is refused where tokens are limited', async () => {
    for (const n of ['"3"', '0', '-1', '1.5', '1e300', '[3]', 'true', '{}']) {
      const body = JSON.stringify(CHAT).replace('{', `{"n":${n},`)
      expect(await send(limited, body)).toMatchObject({ status: 400, call: undefined })
      expect(await send(unlimited, body)).toMatchObject({ status: 200, sent: body })
      const completion = `{"model":"${MODEL}","prompt":"a","best_of":${n}}`
      expect(await send(limited, completion, '/v1/completions')).toMatchObject({ status: 400 })
    }
    for (const n of ['null', '1', '2.0'])
      expect(await send(limited, JSON.stringify(CHAT).replace('{', `{"n":${n},`))).toMatchObject({
        status: 200,
      })
  })

  it('goes up as the JSON it was read as, whatever its type says of its letters', async () => {
    for (const charset of ['utf-7', 'utf-16', 'latin1', 'UTF-8']) {
      const headers = { 'content-type': `application/json; charset=${charset}` }
      const { status, call } = await send(unlimited, JSON.stringify(CHAT), CHAT_PATH, headers)
      expect(status).toBe(200)
      expect(call?.headers['content-type']).toBe('application/json')
    }
  })
})

describe('the body of an answer', () => {
  it('reaches the client byte for byte, unknown fields too', async () => {
    const odd = `\n{ "id":"c1", "x" : [ 1.0, {"b":2 , "a":1} ],"usage": {"prompt_tokens":21,"completion_tokens":8},"choices":[]}  `
    gateway.upstream.script = (_, response) => sendJson(response, odd)
    expect((await send(unlimited, JSON.stringify(CHAT))).answer).toBe(odd)
  })

  it('reaches the client byte for byte as a stream, comments and unknown fields too', async () => {
    const odd = `\ufeff: hello\r\n\r\nid: 7\nretry:3\nevent:  x\ndata:{"a" : 1}\ndata: 2\n\n${ROLE}\n\n\n${words('🎉')}: bye\n\n${END}`
    gateway.upstream.script = (_, response) => {
      beginStream(response)
      response.end(odd)
    }
    expect((await send(unlimited, JSON.stringify(STREAMED_CHAT))).answer).toBe(odd)
  })

  it('as a stream is there as soon as the upstream has said it', async () => {
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, unlimited)
    const { response } = await taken
    beginStream(response)
    for (const text of ['one', 'two', 'three']) {
      response.write(words(text))
      // Nothing else comes before the client has got this.
      await asked.until(text)
    }
    response.end(usageChunk() + END)
    expect(await asked.text()).toBe(words('one', 'two', 'three') + END)
  })
})

describe('a call that cannot be counted', () => {
  it('is refused before it is made', async () => {
    const background = { model: MODEL, input: 'abc', background: true }
    expect(await send(unlimited, JSON.stringify(background), '/v1/responses')).toMatchObject({
      status: 400,
      call: undefined,
    })
    const bodies = [
      { ...CHAT, tools: [{ type: 'web_search' }] },
      { ...CHAT, web_search_options: {} },
      { ...CHAT, messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f1' } }] }] },
      { ...CHAT, service_tier: 'priority' },
    ]
    for (const body of bodies) {
      const { status, answer, call } = await send(limited, JSON.stringify(body))
      expect([status, JSON.parse(answer).error.code, call]).toEqual([400, 'unbounded_request', undefined])
      expect(await send(unlimited, JSON.stringify(body))).toMatchObject({ status: 200 })
    }
  })

  it('is refused when it is no JSON object, or says its model in no text', async () => {
    for (const body of [
      '',
      'null',
      '[]',
      '"x"',
      '{',
      '{"model":7}',
      '{"model":["gpt-5"]}',
      '{"model":"a\\u0000"}',
    ])
      expect(await send(unlimited, body)).toMatchObject({ status: 400, call: undefined })
    expect(await send(unlimited, `{"model":"${'m'.repeat(129)}"}`)).toMatchObject({ status: 400 })
  })
})

it('an answer that a client did not ask to be a stream is passed on as the stream it is', async () => {
  const token = await gateway.signUp()
  gateway.upstream.script = (_, response) => {
    beginStream(response)
    response.end(words('Hello') + usageChunk() + END)
  }
  expect(await ask(gateway.url, token, { body: CHAT }).text()).toBe(words('Hello') + END)
  gateway.upstream.script = (_, response) => sendJson(response, chatAnswer())
  expect(JSON.parse(await ask(gateway.url, token).text())).toEqual(chatAnswer())
  expect(await gateway.events(token)).toMatchObject([{ tokens: 29 }, { tokens: 29 }])
})
