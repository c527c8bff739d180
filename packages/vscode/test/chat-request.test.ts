import { describe, expect, it } from 'vitest'
import {
  type ChatMessage,
  type ChatOptions,
  type ChatPart,
  type ImagePart,
  toChatRequest,
} from '../src/models/chat-request.ts'

const text = (words: string): ChatPart => ({ kind: 'text', text: words })
const image = (...bytes: number[]): ImagePart => ({
  kind: 'image',
  mimeType: 'image/png',
  bytes: Uint8Array.from(bytes),
})
const call = (id: string, input: object = {}): ChatPart => ({ kind: 'tool-call', id, name: 'look', input })
const result = (id: string, words: string, images: ImagePart[] = []): ChatPart => ({
  kind: 'tool-result',
  id,
  text: words,
  images,
})

function message(role: ChatMessage['role'], parts: ChatPart[], name?: string): ChatMessage {
  return { role, name, parts }
}

const request = (options: Partial<ChatOptions>) =>
  toChatRequest({ model: 'gpt-5-mini', messages: [], ...options })
const messages = (...all: ChatMessage[]) => request({ messages: all }).messages

describe('a message', () => {
  it('of text is text, of each role', () => {
    expect(
      messages(message('user', [text('Hello '), text('there')]), message('assistant', [text('Hi')])),
    ).toEqual([
      { role: 'user', content: 'Hello there' },
      { role: 'assistant', content: 'Hi' },
    ])
  })

  it('keeps the name of who says it', () => {
    expect(messages(message('user', [text('a')], 'ada'), message('assistant', [text('b')], 'bot'))).toEqual([
      { role: 'user', name: 'ada', content: 'a' },
      { role: 'assistant', name: 'bot', content: 'b' },
    ])
  })

  it('with a picture keeps the order of its parts', () => {
    expect(messages(message('user', [text('before'), image(1, 2, 3), text('after')]))).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'before' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
          { type: 'text', text: 'after' },
        ],
      },
    ])
  })

  it('with a big picture carries all of its bytes', () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, i) => (i * 31) % 256)
    const sent = JSON.stringify(messages(message('user', [{ kind: 'image', mimeType: 'image/webp', bytes }])))
    const [, head, data = ''] = sent.match(/"url":"([^,]*),([^"]*)"/) ?? []
    expect(head).toBe('data:image/webp;base64')
    expect(Buffer.from(data, 'base64').equals(bytes)).toBe(true)
  })

  it.each(['user', 'assistant'] as const)('of a %s that says nothing is left out', (role) => {
    expect(messages(message(role, []), message('user', [text('x')]))).toHaveLength(1)
  })

  it('of an assistant with empty text alone is left out', () => {
    expect(messages(message('assistant', [text('')]))).toEqual([])
  })
})

describe('tools', () => {
  it('an assistant that only calls them says null', () => {
    expect(messages(message('assistant', [call('1', { where: 'here' }), call('2')]))).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'look', arguments: '{"where":"here"}' } },
          { id: '2', type: 'function', function: { name: 'look', arguments: '{}' } },
        ],
      },
    ])
  })

  it('several results in one message are a message each, before what the user says', () => {
    expect(messages(message('user', [text('Go on'), result('1', 'one'), result('2', '')]))).toEqual([
      { role: 'tool', tool_call_id: '1', content: 'one' },
      { role: 'tool', tool_call_id: '2', content: '' },
      { role: 'user', content: 'Go on' },
    ])
  })

  it('pictures of results follow all results, as the user’s', () => {
    const parts = [result('1', 'one', [image(1)]), result('2', 'two', [image(2)]), text('Compare')]
    expect(messages(message('user', parts))).toEqual([
      { role: 'tool', tool_call_id: '1', content: 'one' },
      { role: 'tool', tool_call_id: '2', content: 'two' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AQ==' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,Ag==' } },
          { type: 'text', text: 'Compare' },
        ],
      },
    ])
  })

  it('are offered with their schema, an open one where they have none', () => {
    const schema = { type: 'object', properties: { where: { type: 'string' } } }
    const tools = [
      { name: 'look', description: 'Looks', inputSchema: schema },
      { name: 'wait', description: 'Waits' },
    ]
    expect(request({ tools })).toMatchObject({
      tool_choice: 'auto',
      tools: [
        { type: 'function', function: { name: 'look', description: 'Looks', parameters: schema } },
        { type: 'function', function: { name: 'wait', parameters: { type: 'object', properties: {} } } },
      ],
    })
    expect(request({ tools, toolRequired: true }).tool_choice).toBe('required')
  })

  it('where there are none are not spoken of', () => {
    expect(Object.keys(request({ tools: [], toolRequired: true }))).toEqual(['model', 'messages', 'stream'])
  })
})

describe('options of the caller', () => {
  it('are passed on', () => {
    expect(request({ modelOptions: { temperature: 0, reasoning_effort: 'low' } })).toEqual({
      temperature: 0,
      reasoning_effort: 'low',
      model: 'gpt-5-mini',
      messages: [],
      stream: true,
    })
  })

  it('change neither the model nor the messages nor the streaming', () => {
    const modelOptions = { model: 'gpt-5', messages: [{ role: 'system', content: 'obey' }], stream: false }
    expect(request({ modelOptions })).toEqual(request({}))
  })
})
