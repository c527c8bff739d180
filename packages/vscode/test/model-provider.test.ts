import { describe, expect, it, vi } from 'vitest'
import type { CancellationToken, LanguageModelChatInformation, LanguageModelChatRequestMessage } from 'vscode'
import {
  beginStream,
  chunk,
  DONE,
  sendJson,
  usageChunk,
  word,
} from '../../server/test/support/scripted-upstream.ts'
import { createModelProvider, type DescribeModel } from '../src/models/model-provider.ts'
import * as editor from './support/editor.ts'
import { clientOf, useGateway } from './support/gateway.ts'

vi.mock('vscode', () => import('./support/editor.ts'))

const gateway = useGateway()

const ASK = [
  { role: 1, name: undefined, content: [new editor.LanguageModelTextPart('Say hello.')] },
] as unknown as LanguageModelChatRequestMessage[]

interface Terms {
  readonly threshold?: number
  readonly overrides?: object
  readonly signedIn?: boolean
  readonly describeModel?: DescribeModel
}

async function newProvider({ signedIn = true, describeModel, ...terms }: Terms = {}) {
  const token = await gateway.current.signUp(terms)
  let isSignedIn = signedIn
  const signIn = vi.fn(async () => {
    isSignedIn = true
  })
  const onCalled = vi.fn()
  const client = clientOf(gateway.current, token)
  const track = vi.spyOn(client, 'trackUsage')
  const batch = vi.spyOn(client, 'trackUsageBatch')
  const provider = createModelProvider({
    client,
    describeModel,
    isSignedIn: async () => isSignedIn,
    signIn,
    onCalled,
  })
  const source = new editor.CancellationTokenSource()
  const cancellation = source.token as unknown as CancellationToken
  const said: unknown[] = []

  return {
    provider,
    signIn,
    onCalled,
    client,
    said,
    counted: [track, batch],
    cancel: () => source.cancel(),
    usage: () => gateway.current.settled(token),
    list: async (silent: boolean) =>
      (await provider.provideLanguageModelChatInformation({ silent }, cancellation)) ?? [],
    ask: async (id = 'gpt-5-mini', options: object = {}) =>
      provider.provideLanguageModelChatResponse(
        { id } as LanguageModelChatInformation,
        ASK,
        { toolMode: 1, ...options } as never,
        { report: (part) => void said.push(part) },
        cancellation,
      ),
  }
}

const ids = (models: LanguageModelChatInformation[]) => models.map(({ id }) => id)

describe('the list of models', () => {
  it('is empty while nobody is signed in, and asks nobody, where the editor only looks', async () => {
    const { list, signIn } = await newProvider({ signedIn: false })
    expect(await list(true)).toEqual([])
    expect(signIn).not.toHaveBeenCalled()
  })

  it('asks for a sign-in where the user wants a model, then has them', async () => {
    const { list, signIn } = await newProvider({ signedIn: false })
    expect(ids(await list(false))).toContain('gpt-5')
    expect(signIn).toHaveBeenCalledTimes(1)
  })

  it('says so where the user would rather not sign in', async () => {
    const { list, signIn } = await newProvider({ signedIn: false })
    signIn.mockRejectedValue(new editor.CancellationError())
    await expect(list(false)).rejects.toBeInstanceOf(editor.CancellationError)
  })

  it('has what answers chats, with what the editor wants to know', async () => {
    const { list, client } = await newProvider()
    vi.spyOn(client, 'models').mockResolvedValue([{ id: 'gpt-5-mini' }, { id: 'text-embedding-3-small' }])
    expect(await list(true)).toEqual([
      {
        id: 'gpt-5-mini',
        name: 'gpt-5-mini',
        family: 'gpt-5-mini',
        version: 'gpt-5-mini',
        maxInputTokens: 272_000,
        maxOutputTokens: 128_000,
        capabilities: { imageInput: true, toolCalling: true },
      },
    ])
  })

  it('has what the author says of them, and not what the author leaves out', async () => {
    const describeModel: DescribeModel = (id, facts) =>
      id === 'gpt-5' ? { ...facts, name: 'The big one' } : null
    const { list } = await newProvider({ describeModel })
    expect(await list(true)).toMatchObject([{ id: 'gpt-5', name: 'The big one' }])
  })

  it('is read anew where another user may have other models, not at each look', async () => {
    const { provider, list, client } = await newProvider()
    const models = vi.spyOn(client, 'models')
    const told = vi.fn()
    provider.onDidChangeLanguageModelChatInformation?.(told)
    expect(await list(true)).toEqual(await list(true))
    expect(models).toHaveBeenCalledTimes(1)
    provider.reload()
    await list(true)
    expect(told).toHaveBeenCalledTimes(1)
    expect(models).toHaveBeenCalledTimes(2)
  })

  it('that was on its way for another user is not kept', async () => {
    const { provider, list, client } = await newProvider()
    const { promise, resolve } = Promise.withResolvers<{ id: string }[]>()
    vi.spyOn(client, 'models')
      .mockReturnValueOnce(promise)
      .mockResolvedValue([{ id: 'gpt-5' }])
    const others = list(true)
    await new Promise((resolve) => setImmediate(resolve))
    provider.reload()
    resolve([{ id: 'o3' }])
    expect(ids(await others)).toEqual(['o3'])
    expect(ids(await list(true))).toEqual(['gpt-5'])
  })

  it('is empty rather than an error where the server fails, and asked for again', async () => {
    const { list, client } = await newProvider()
    vi.spyOn(client, 'models').mockRejectedValueOnce(new Error('out of luck'))
    expect(await list(true)).toEqual([])
    expect(ids(await list(true))).toContain('gpt-5')
  })
})

describe('an answer', () => {
  it('is reported piece by piece, and counted by the gateway alone: one prompt', async () => {
    const { ask, said, usage, counted, onCalled } = await newProvider()
    await ask()
    expect(said).toEqual(['Hello', ' there', '!'].map((text) => new editor.LanguageModelTextPart(text)))
    expect(await usage()).toMatchObject([{ prompts: 1, tokens: 29, source: 'hello/0.1.0' }])
    for (const count of counted) expect(count).not.toHaveBeenCalled()
    expect(onCalled.mock.calls).toEqual([[null]])
  })

  it('reports calls of tools, and asks for them where the editor requires one', async () => {
    const { ask, said } = await newProvider()
    const taken = gateway.current.upstream.takeCall()
    const tools = [{ name: 'look', description: 'Looks' }]
    const asked = ask('gpt-5-mini', { tools, toolMode: 2, modelOptions: { temperature: 0 } })
    const { call, response } = await taken
    expect(call.body).toMatchObject({ tool_choice: 'required', temperature: 0 })
    beginStream(response)
    const look = { index: 0, id: 'c1', function: { name: 'look', arguments: '{"at":1}' } }
    response.write(chunk({ delta: { tool_calls: [look] }, finish_reason: 'tool_calls' }))
    response.end(usageChunk() + DONE)
    await asked
    expect(said).toEqual([new editor.LanguageModelToolCallPart('c1', 'look', { at: 1 })])
  })

  it('that the user cancels ends as cancelled, and at the provider', async () => {
    const { ask, cancel, onCalled } = await newProvider()
    const taken = gateway.current.upstream.takeCall()
    const asked = ask()
    const { call, response } = await taken
    beginStream(response)
    response.write(word('Hello'))
    cancel()
    await expect(asked).rejects.toBeInstanceOf(editor.CancellationError)
    await call.aborted
    expect(onCalled).toHaveBeenCalledTimes(1)
  })

  it('that was cancelled before it began is not asked for', async () => {
    const { ask, cancel, usage } = await newProvider()
    cancel()
    await expect(ask()).rejects.toBeInstanceOf(editor.CancellationError)
    expect(await usage()).toEqual([])
  })
})

describe('an error is told in the editor’s words', () => {
  it('a reached limit: blocked, with which limit it is', async () => {
    const { ask, usage, onCalled } = await newProvider({ threshold: 1 })
    await ask()
    await usage()
    await expect(ask()).rejects.toMatchObject({
      code: 'Blocked',
      message: 'You have used all of your 1 prompt.',
    })
    expect(onCalled.mock.lastCall).toMatchObject([{ name: 'LimitReachedError' }])
  })

  it('a session that is over: no permissions', async () => {
    const { ask, client } = await newProvider()
    await client.signOut()
    await expect(ask()).rejects.toMatchObject({ code: 'NoPermissions' })
  })

  it('a model that the user may not call: no permissions', async () => {
    const { ask } = await newProvider({ overrides: { allowedModels: ['gpt-5'] } })
    await expect(ask()).rejects.toMatchObject({ code: expect.stringMatching(/^(NoPermissions|NotFound)$/) })
  })

  it('too many calls at once: blocked', async () => {
    const { ask } = await newProvider({ overrides: { requestsPerMinute: 1 } })
    await ask()
    await expect(ask()).rejects.toMatchObject({ code: 'Blocked' })
  })

  it('anything else as it is', async () => {
    const { ask } = await newProvider()
    const taken = gateway.current.upstream.takeCall()
    const asked = ask()
    const failed = expect(asked).rejects.toMatchObject({ name: 'PromptmeterError' })
    sendJson((await taken).response, { error: { message: 'no' } }, { status: 500 })
    await failed
  })
})

it('tokens are counted for a text and for a message', async () => {
  const { provider } = await newProvider()
  const model = {} as LanguageModelChatInformation
  const cancellation = new editor.CancellationTokenSource().token as unknown as CancellationToken
  const [text, message] = await Promise.all([
    provider.provideTokenCount(model, 'Say hello.', cancellation),
    provider.provideTokenCount(model, ASK[0] as LanguageModelChatRequestMessage, cancellation),
  ])
  expect(text).toBeGreaterThan(0)
  expect(message).toBeGreaterThan(text)
})
