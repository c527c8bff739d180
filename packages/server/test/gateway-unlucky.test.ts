import OpenAI from 'openai'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  CHAT,
  CHAT_PATH,
  CHAT_TOKENS,
  END,
  lastError,
  MODEL,
  ROLE,
  STREAMED_CHAT,
  tokensOf,
  words,
} from './support/gateway-client.ts'
import { answerUsually, beginStream, chatAnswer, sendJson, usageChunk } from './support/scripted-upstream.ts'
import { describeOnBothEngines } from './support/test-database.ts'
import { MESSAGES, startTestGateway, type TestGateway, until } from './support/test-gateway.ts'

let gateway: TestGateway
afterEach(() => {
  gateway.upstream.script = answerUsually
})

const ESTIMATED_INPUT = { kind: 'usage', prompts: 1, input: CHAT_TOKENS, output: 0, estimated: true }

describeOnBothEngines('a client that leaves', (engine) => {
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterAll(() => gateway.close())

  it('mid-stream ends the call at the provider, pays for what it got, and holds nothing (LiteLLM #30522)', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { call, response } = await taken
    beginStream(response)
    response.write(ROLE + words('Hello', ' there'))
    await asked.until(' there')
    expect(await gateway.holds(token)).toBe(1)
    asked.leave()
    await call.aborted
    expect(await gateway.settled(token)).toMatchObject([
      { ...ESTIMATED_INPUT, output: tokensOf('Hello there'), tokens: CHAT_TOKENS + tokensOf('Hello there') },
    ])
  })

  it('before any output pays for its input, on which the provider worked', async () => {
    const token = await gateway.signUp()
    for (const begins of [false, true]) {
      const taken = gateway.upstream.takeCall()
      const asked = ask(gateway.url, token)
      const { call, response } = await taken
      if (begins) {
        beginStream(response)
        response.write(ROLE)
        await asked.until('assistant')
      }
      asked.leave()
      await call.aborted
      await gateway.settled(token)
    }
    expect(await gateway.events(token)).toMatchObject([ESTIMATED_INPUT, ESTIMATED_INPUT])
  })

  it('a call that is not streamed pays for its input, though half of the answer was there', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token, { body: CHAT })
    const { call, response } = await taken
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(JSON.stringify(chatAnswer()).slice(0, 100))
    asked.leave()
    await call.aborted
    expect(await gateway.settled(token)).toMatchObject([ESTIMATED_INPUT])
  })

  it("after the provider's numbers came pays by them", async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token, {
      body: { ...STREAMED_CHAT, stream_options: { include_usage: true } },
    })
    const { call, response } = await taken
    beginStream(response)
    response.write(ROLE + words('Hello') + usageChunk())
    await asked.until('"usage":{')
    asked.leave()
    await call.aborted
    expect(await gateway.settled(token)).toMatchObject([
      { input: 21, output: 8, tokens: 29, estimated: false },
    ])
  })
})

describe('a client that leaves before its request went up', () => {
  beforeAll(async () => {
    gateway = await startTestGateway('postgres')
  })
  afterAll(() => gateway.close())

  it('pays nothing, and the provider hears nothing', async () => {
    const token = await gateway.signUp()
    const holder = new pg.Client({ connectionString: gateway.server.environment.DATABASE_URL })
    await holder.connect()
    await holder.query('begin')
    await holder.query('select from users for update')
    const asked = ask(gateway.url, token)
    const { ledger } = gateway.server.services
    await until(() => ledger.waiting === 1, 'the call waits for its hold')
    asked.leave()
    await until(async () => {
      const connections = await new Promise<number>((resolve) =>
        gateway.server.app.server.getConnections((_, count) => resolve(count)),
      )
      return connections === 0
    }, 'the server noticed that the client left')
    await holder.query('commit')
    await holder.end()
    await until(async () => (await gateway.holds(token)) === 0 && ledger.waiting === 0, 'the hold is gone')
    expect(await gateway.settled(token)).toEqual([])
    expect(gateway.upstream.calls).toEqual([])
  })
})

describe('a stream that breaks (LiteLLM #37558, new-api #5235 #7195)', () => {
  beforeAll(async () => {
    gateway = await startTestGateway('postgres')
  })
  afterAll(() => gateway.close())

  const BROKEN = { code: 'upstream_invalid_response', type: 'server_error' }

  it('before any output is free, and refused in the shape of OpenAI', async () => {
    const token = await gateway.signUp()
    for (const begins of [false, true]) {
      const taken = gateway.upstream.takeCall()
      const asked = ask(gateway.url, token)
      const { response } = await taken
      if (begins) beginStream(response)
      response.destroy()
      expect((await asked.answered).status).toBe(502)
      expect(JSON.parse(await asked.text())).toEqual({
        error: { ...BROKEN, param: null, message: expect.stringContaining('whole answer') },
        code: BROKEN.code,
      })
    }
    expect(await gateway.settled(token)).toEqual([])
  })

  it('in the middle of a whole answer is free, for nothing of it was delivered', async () => {
    const token = await gateway.signUp()
    gateway.upstream.script = (_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(JSON.stringify(chatAnswer()).slice(0, 100), () => response.destroy())
    }
    const asked = ask(gateway.url, token, { body: CHAT })
    expect((await asked.answered).status).toBe(502)
    expect(JSON.parse(await asked.text()).error).toMatchObject(BROKEN)
    expect(await gateway.settled(token)).toEqual([])
  })

  it('after who speaks, but no word, is free and says that it broke', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { response } = await taken
    beginStream(response)
    response.write(ROLE)
    await asked.until('assistant')
    response.destroy()
    expect(lastError(await asked.text())).toMatchObject(BROKEN)
    expect(await gateway.settled(token)).toEqual([])
  })

  it('after output is charged what was delivered, and the official client throws', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const streaming = gateway
      .openai(token)
      .chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
    const { response } = await taken
    beginStream(response)
    response.write(ROLE + words('Hello', ' there'))
    let text = ''
    const failure = await (async () => {
      for await (const { choices } of await streaming) {
        text += choices[0]?.delta.content ?? ''
        if (text === 'Hello there') response.destroy()
      }
    })().catch((error) => error)
    expect(failure).toBeInstanceOf(OpenAI.APIError)
    expect(failure).toMatchObject({ ...BROKEN, message: expect.stringContaining('whole answer') })
    expect(await gateway.settled(token)).toMatchObject([
      { ...ESTIMATED_INPUT, output: tokensOf('Hello there') },
    ])
  })

  it('of a response ends with the error event of responses', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const streaming = gateway.openai(token).responses.create({ model: MODEL, input: 'Hello?', stream: true })
    const { response } = await taken
    beginStream(response)
    const delta = { type: 'response.output_text.delta', delta: 'Good day' }
    response.write(`event: ${delta.type}\ndata: ${JSON.stringify(delta)}\n\n`)
    const failure = await (async () => {
      for await (const { type } of await streaming) if (type === delta.type) response.destroy()
    })().catch((error) => error)
    expect(failure).toBeInstanceOf(OpenAI.APIError)
    expect(failure).toMatchObject({ code: BROKEN.code })
    expect(await gateway.settled(token)).toMatchObject([{ output: tokensOf('Good day'), estimated: true }])
  })

  it('in an event that is not complete delivers nothing of it, and ends with an event one can read', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { response } = await taken
    beginStream(response)
    response.write(words('Hello'))
    await asked.until('Hello')
    response.write(words(' there').slice(0, -30), () => response.destroy())
    const text = await asked.text()
    expect(text.startsWith(words('Hello'))).toBe(true)
    expect(text).not.toContain('there')
    expect(lastError(text)).toMatchObject(BROKEN)
    expect(await gateway.settled(token)).toMatchObject([{ output: tokensOf('Hello'), estimated: true }])
  })

  it('after its numbers came, but no output, is free and refused in one piece', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { response } = await taken
    beginStream(response)
    response.write(usageChunk(), () => response.destroy())
    expect((await asked.answered).status).toBe(502)
    expect((await asked.answered).headers.get('content-type')).toMatch('application/json')
    expect(JSON.parse(await asked.text()).error).toMatchObject(BROKEN)
    expect(await gateway.settled(token)).toEqual([])
  })

  it('after its last event is whole, and charged as such', async () => {
    const token = await gateway.signUp()
    const taken = gateway.upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { response } = await taken
    beginStream(response)
    response.write(words('Hello') + usageChunk() + END, () => response.destroy())
    expect(await asked.text()).toBe(words('Hello') + END)
    expect(await gateway.settled(token)).toMatchObject([{ input: 21, output: 8, estimated: false }])
  })

  it('before any event but comments that keep it alive is free', async () => {
    const token = await gateway.signUp()
    gateway.upstream.script = (_call, response) => {
      beginStream(response)
      response.end(': PROCESSING\n\n')
    }
    expect(lastError(await ask(gateway.url, token).text())).toMatchObject(BROKEN)
    expect(await gateway.settled(token)).toEqual([])
  })

  it.each([
    ['a chat', CHAT_PATH, `data: ${JSON.stringify({ error: { message: 'no capacity', code: 'busy' } })}\n\n`],
    [
      'a response',
      '/v1/responses',
      `event: error\ndata: ${JSON.stringify({ type: 'error', code: 'busy', message: 'no capacity' })}\n\n`,
    ],
    [
      'a failed response',
      '/v1/responses',
      `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', response: { error: { code: 'busy' } } })}\n\n`,
    ],
  ])('because the provider itself says so, before any word of %s, is free', async (_name, path, event) => {
    const token = await gateway.signUp()
    gateway.upstream.script = (_call, response) => {
      beginStream(response)
      response.end(event)
    }
    const body = path === CHAT_PATH ? STREAMED_CHAT : { model: MODEL, input: 'Hello?', stream: true }
    expect(await ask(gateway.url, token, { path, body }).text()).toBe(event)
    expect(await gateway.settled(token)).toEqual([])
  })

  it('or an answer in which the provider says that it failed, whatever its status, is free', async () => {
    const token = await gateway.signUp()
    const answers = {
      'chat/completions': { error: { message: 'no capacity', code: 503 } },
      responses: { status: 'failed', error: { code: 'busy', message: 'no' }, output: [], usage: null },
    }
    for (const [path, answer] of Object.entries(answers)) {
      gateway.upstream.script = (_call, response) => sendJson(response, answer)
      const body = path === 'responses' ? { model: MODEL, input: 'Hello?' } : CHAT
      expect(JSON.parse(await ask(gateway.url, token, { path: `/v1/${path}`, body }).text())).toEqual(answer)
    }
    expect(await gateway.settled(token)).toEqual([])
  })

  it('because the provider itself says so, after output, is charged what was delivered', async () => {
    const token = await gateway.signUp()
    const error = `data: ${JSON.stringify({ error: { message: 'no capacity' } })}\n\n`
    gateway.upstream.script = (_call, response) => {
      beginStream(response)
      response.end(words('Hello') + error)
    }
    expect(await ask(gateway.url, token).text()).toBe(words('Hello') + error)
    expect(await gateway.settled(token)).toMatchObject([{ output: tokensOf('Hello'), estimated: true }])
  })
})
