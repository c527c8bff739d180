import { LimitReachedError, NetworkError, PromptmeterError, SignInRequiredError } from '@promptmeter/client'
import { describe, expect, it } from 'vitest'
import {
  beginStream,
  chunk,
  DONE,
  sendJson,
  usageChunk,
  word,
} from '../../server/test/support/scripted-upstream.ts'
import { callChat } from '../src/models/chat-call.ts'
import type { ChatOptions } from '../src/models/chat-request.ts'
import { collect } from './support/collect.ts'
import { clientOf, useGateway } from './support/gateway.ts'

const gateway = useGateway()

const ASK: ChatOptions = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user', name: undefined, parts: [{ kind: 'text', text: 'Say hello.' }] }],
}

/** A new user, and what they ask. */
async function newUser(terms: { threshold?: number } = {}) {
  const token = await gateway.current.signUp(terms)
  const client = clientOf(gateway.current, token)
  const ask = (options: Partial<ChatOptions> = {}, signal = new AbortController().signal) =>
    callChat(client, { ...ASK, ...options }, signal)
  return { token, ask, usage: () => gateway.current.settled(token) }
}

const failureOf = (parts: AsyncIterable<unknown>) =>
  collect(parts).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

describe('a call through the gateway', () => {
  it('gives the text as it comes', async () => {
    const { ask } = await newUser()
    const taken = gateway.current.upstream.takeCall()
    const answer = ask()
    const first = answer.next()
    const { response } = await taken
    beginStream(response)
    response.write(word('Hello'))
    expect((await first).value).toEqual({ kind: 'text', text: 'Hello' })
    const second = answer.next()
    response.write(word(' there'))
    expect((await second).value).toEqual({ kind: 'text', text: ' there' })
    const end = answer.next()
    response.end(chunk({ delta: {}, finish_reason: 'stop' }) + usageChunk() + DONE)
    expect((await end).done).toBe(true)
  })

  it('counts one prompt with its tokens, under the name of the extension', async () => {
    const { token, ask, usage } = await newUser()
    await collect(ask())
    expect(await usage()).toMatchObject([
      { prompts: 1, tokens: 29, model: 'gpt-5-mini', source: 'hello/0.1.0', estimated: false },
    ])
    expect(await gateway.current.me(token)).toMatchObject({ promptCount: 1, tokenCount: 29 })
  })

  it('carries pictures, tools and their results as OpenAI wants them', async () => {
    const { ask } = await newUser()
    const schema = { type: 'object', properties: { at: { type: 'string' } } }
    const picture = { kind: 'image', mimeType: 'image/png', bytes: Uint8Array.from([1, 2, 3]) } as const
    await collect(
      ask({
        tools: [{ name: 'look', description: 'Looks', inputSchema: schema }],
        messages: [
          { role: 'user', name: undefined, parts: [{ kind: 'text', text: 'What is this?' }, picture] },
          {
            role: 'assistant',
            name: undefined,
            parts: [{ kind: 'tool-call', id: 'c1', name: 'look', input: { at: 'it' } }],
          },
          {
            role: 'user',
            name: undefined,
            parts: [{ kind: 'tool-result', id: 'c1', text: 'a cat', images: [] }],
          },
        ],
      }),
    )
    expect(gateway.current.upstream.calls.at(-1)?.body).toMatchObject({
      model: 'gpt-5-mini',
      stream: true,
      tool_choice: 'auto',
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks', parameters: schema } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"it"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'a cat' },
      ],
    })
  })

  it('gives a call of a tool whole that came in many pieces', async () => {
    const { ask } = await newUser()
    const taken = gateway.current.upstream.takeCall()
    const answer = collect(ask())
    const { response } = await taken
    beginStream(response)
    const piece = (call: object) => response.write(chunk({ delta: { tool_calls: [{ index: 0, ...call }] } }))
    piece({ id: 'c1', type: 'function', function: { name: 'look', arguments: '' } })
    for (const part of ['{"a', 't":', '"Zü', 'rich"}']) piece({ function: { arguments: part } })
    response.write(chunk({ delta: {}, finish_reason: 'tool_calls' }))
    response.end(usageChunk() + DONE)
    expect(await answer).toEqual([{ kind: 'tool-call', id: 'c1', name: 'look', input: { at: 'Zürich' } }])
  })
})

describe('a call that is given up', () => {
  it('ends at the provider too, with the reason of who gave it up', async () => {
    const { ask, usage } = await newUser()
    const taken = gateway.current.upstream.takeCall()
    const controller = new AbortController()
    const answer = ask({}, controller.signal)
    const first = answer.next()
    const { call, response } = await taken
    beginStream(response)
    response.write(word('Hello'))
    await first
    // Of the kind that a broken connection throws too.
    const reason = new TypeError('enough')
    controller.abort(reason)
    await expect(answer.next()).rejects.toBe(reason)
    await call.aborted
    expect(await usage()).toHaveLength(1)
  })

  it('before it began reaches nobody', async () => {
    const { ask, usage } = await newUser()
    const before = gateway.current.upstream.calls.length
    const reason = new Error('enough')
    expect(await failureOf(ask({}, AbortSignal.abort(reason)))).toBe(reason)
    expect(gateway.current.upstream.calls).toHaveLength(before)
    expect(await usage()).toEqual([])
  })

  it('by not reading on ends at the provider too', async () => {
    const { ask } = await newUser()
    const taken = gateway.current.upstream.takeCall()
    const answer = ask()
    const first = answer.next()
    const { call, response } = await taken
    beginStream(response)
    response.write(word('Hello'))
    await first
    await answer.return(undefined)
    await call.aborted
  })
})

describe('a call that fails', () => {
  it('at a limit says which, and reaches no provider', async () => {
    const { ask, usage } = await newUser({ threshold: 1 })
    await collect(ask())
    await usage()
    const before = gateway.current.upstream.calls.length
    const error = await failureOf(ask())
    expect(error).toBeInstanceOf(LimitReachedError)
    expect(error).toMatchObject({ limit: { meter: 'prompts', amount: 1, used: 1, remaining: 0 } })
    expect(gateway.current.upstream.calls).toHaveLength(before)
    expect(await usage()).toHaveLength(1)
  })

  it('without a session, or with one that is over, asks for a sign-in', async () => {
    const signal = new AbortController().signal
    expect(await failureOf(callChat(clientOf(gateway.current, null), ASK, signal))).toBeInstanceOf(
      SignInRequiredError,
    )
    const { token, ask } = await newUser()
    await clientOf(gateway.current, token).signOut()
    expect(await failureOf(ask())).toBeInstanceOf(SignInRequiredError)
  })

  it('because the provider breaks off in the middle is an error', async () => {
    const { ask } = await newUser()
    const taken = gateway.current.upstream.takeCall()
    const answer = ask()
    const first = answer.next()
    const { response } = await taken
    beginStream(response)
    response.write(word('Hello'))
    await first
    response.destroy()
    expect(await failureOf(answer)).toBeInstanceOf(PromptmeterError)
  })

  it('because of an error inside the answer tells it', async () => {
    const { ask } = await newUser()
    const taken = gateway.current.upstream.takeCall()
    const answer = failureOf(ask())
    const { response } = await taken
    beginStream(response)
    response.write(word('Hello'))
    response.end(
      `data: ${JSON.stringify({ error: { code: 'overloaded', message: 'Too many people.' } })}\n\n`,
    )
    expect(await answer).toMatchObject({ code: 'overloaded', message: 'Too many people.' })
  })

  it('because the provider refuses it is not tried again', async () => {
    const { ask } = await newUser()
    const before = gateway.current.upstream.calls.length
    const taken = gateway.current.upstream.takeCall()
    const answer = failureOf(ask())
    const { response } = await taken
    sendJson(response, { error: { message: 'no', type: 'server_error' } }, { status: 500 })
    expect(await answer).toBeInstanceOf(PromptmeterError)
    expect(gateway.current.upstream.calls).toHaveLength(before + 1)
  })

  it('because the server cannot be reached says so', async () => {
    const client = clientOf({ ...gateway.current, url: 'http://127.0.0.1:1' }, 'a token')
    const error = await failureOf(callChat(client, ASK, new AbortController().signal))
    expect(error).toBeInstanceOf(NetworkError)
    expect(String(error)).not.toContain('a token')
  })
})
