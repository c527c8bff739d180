import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../src/gateway/endpoint.ts'
import { answersOf, countRequestTokens, requestTexts, unboundedPart } from '../src/gateway/request-tokens.ts'

const BASE64 = 'iVBORw0KGgoAAAANSUhEUgAA'.repeat(100)
const DATA_URL = `data:image/png;base64,${BASE64}`
const PAYLOAD_TOKENS = 600

/** What one part of a user's message adds. */
function partOf(part: unknown) {
  const { texts, fixedTokens } = requestTexts('chat', { messages: [{ role: 'user', content: [part] }] })
  return { texts: texts.slice(1), tokens: fixedTokens - 7 }
}

/** What one item of a response's input adds. */
function itemOf(item: unknown) {
  const { texts, fixedTokens } = requestTexts('responses', { input: [item] })
  return { texts, tokens: fixedTokens - 7 }
}

/** JSON made of the names and types that the rules know. */
const { hostile } = fc.letrec((tie) => ({
  hostile: fc.oneof(
    { maxDepth: 6 },
    fc.jsonValue(),
    fc.constantFrom('file', 'text', 'input_audio', 'image_url', 'function', 'item_reference', DATA_URL),
    fc.array(tie('hostile'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(
        ...['messages', 'input', 'prompt', 'tools', 'content', 'output', 'summary', 'type', 'text', 'format'],
        ...['file', 'input_audio', 'image_url', 'tool_calls', 'function', 'function_call', 'n', 'result'],
        ...['data', 'file_data', 'encrypted_content'],
      ),
      tie('hostile'),
      { maxKeys: 5 },
    ),
  ),
}))

const nested = (depth: number) => JSON.parse(`${'{"a":['.repeat(depth)}"deep text"${']}'.repeat(depth)}`)

describe('what a request asks for', () => {
  it('holds all that a chat says, with 4 tokens a message and 3 before the reply', () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]
    const functions = [{ name: 'old' }]
    const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema: {} } }
    const call = (name: string) => ({ name, arguments: `{"of":"${name}"}` })
    const messages = [
      { role: 'system', content: 'Be brief.', name: 'boss' },
      { role: 'user', content: [{ type: 'text', text: 'Hello' }, 'bare'] },
      {
        role: 'assistant',
        content: null,
        refusal: 'No.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: call('weather') },
          { id: 'call_2', type: 'custom', custom: { name: 'shell', input: 'ls' } },
        ],
        function_call: call('old'),
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'Rain' },
    ]
    expect(requestTexts('chat', { model: 'm', messages, tools, functions, response_format })).toEqual({
      texts: [
        ...['system', 'Be brief.', 'boss', 'user', 'Hello', 'bare', 'assistant', 'No.'],
        ...['weather', '{"of":"weather"}', 'shell', 'ls', 'old', '{"of":"old"}', 'tool', 'Rain'],
        ...[tools, functions, response_format].map((value) => JSON.stringify(value)),
      ],
      fixedTokens: 4 * 4 + 3,
    })
  })

  it('holds all that a response is given, with 4 tokens an item and 3 before the reply', () => {
    const format = { type: 'json_schema', name: 'answer', schema: {} }
    const input = [
      { role: 'user', content: 'Hello' },
      { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
      { type: 'function_call', call_id: 'c', name: 'weather', arguments: '{}', status: 'completed' },
      { type: 'function_call_output', call_id: 'c', output: 'Rain' },
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'Sun' }] },
      { type: 'custom_tool_call', call_id: 'd', name: 'shell', input: 'ls' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }] },
    ]
    expect(requestTexts('responses', { instructions: 'Be brief.', input, text: { format } })).toEqual({
      texts: [
        ...[
          'Be brief.',
          'user',
          'Hello',
          'assistant',
          'Hi',
          'weather',
          '{}',
          'Rain',
          'Sun',
          'shell',
          'ls',
          'Hm',
        ],
        JSON.stringify(format),
      ],
      fixedTokens: 8 * 4 + 3,
    })
    expect(requestTexts('responses', { input: 'Hello' })).toEqual({ texts: ['Hello'], fixedTokens: 7 })
  })

  it('takes prompts and inputs as text, texts, tokens or lists of tokens', () => {
    for (const [value, texts, fixedTokens] of [
      ['a', ['a'], 0],
      [['a', '', 'b'], ['a', 'b'], 0],
      [[1, 2, 3], [], 3],
      [[[1, 2], [3]], [], 3],
    ] as const) {
      expect(requestTexts('embeddings', { input: value })).toEqual({ texts, fixedTokens })
      expect(requestTexts('completions', { prompt: value, suffix: 'end' })).toEqual({
        texts: [...texts, 'end'],
        fixedTokens,
      })
    }
  })

  it('counts a picture by its detail and never as text', () => {
    expect(partOf({ type: 'image_url', image_url: { url: DATA_URL } })).toEqual({ texts: [], tokens: 1445 })
    expect(partOf({ type: 'image_url', image_url: { url: DATA_URL, detail: 'low' } })).toEqual({
      texts: [],
      tokens: 85,
    })
    expect(partOf({ type: 'input_image', image_url: DATA_URL, detail: 'low' })).toEqual({
      texts: [],
      tokens: 85,
    })
    const screenshot = { type: 'computer_screenshot', image_url: DATA_URL }
    expect(itemOf({ type: 'computer_call_output', output: screenshot })).toEqual({ texts: [], tokens: 1445 })
    expect(itemOf({ type: 'image_generation_call', result: BASE64 })).toEqual({ texts: [], tokens: 1445 })
  })

  it('counts sound, files and encrypted reasoning by the length of their base64', () => {
    const sound = { type: 'input_audio', input_audio: { data: BASE64, format: 'wav' } }
    expect(partOf(sound)).toEqual({ texts: [], tokens: PAYLOAD_TOKENS })
    for (const file_data of [DATA_URL, BASE64]) {
      const file = { filename: 'a.pdf', file_data }
      expect(partOf({ type: 'file', file })).toEqual({ texts: ['a.pdf'], tokens: PAYLOAD_TOKENS })
      expect(partOf({ type: 'input_file', ...file })).toEqual({ texts: ['a.pdf'], tokens: PAYLOAD_TOKENS })
    }
    expect(partOf({ type: 'file', file: { file_id: 'file-1' } })).toEqual({ texts: [], tokens: 1445 })
    expect(partOf({ type: 'input_audio', input_audio: { data: ['no sound'] } }).texts).toEqual([
      '["no sound"]',
    ])
    expect(itemOf({ type: 'reasoning', summary: [], encrypted_content: BASE64 })).toEqual({
      texts: [],
      tokens: PAYLOAD_TOKENS,
    })
  })

  it('counts what it does not know as the JSON it is, without the data: URLs in it', () => {
    const clip = { type: 'video_url', video_url: { url: DATA_URL }, note: 'a data: URL' }
    const texts = [JSON.stringify(clip).replace(DATA_URL, '')]
    expect(partOf(clip)).toEqual({ texts, tokens: PAYLOAD_TOKENS })
    const action = { type: 'exec', command: ['ls'] }
    expect(itemOf({ type: 'local_shell_call', action }).texts).toEqual([JSON.stringify(action)])
  })

  it('takes a data: URL for text where the model reads it as text', () => {
    expect(partOf({ type: 'text', text: DATA_URL }).texts).toEqual([DATA_URL])
    const tools = [{ type: 'function', function: { name: 'f', description: DATA_URL } }]
    expect(requestTexts('chat', { tools }).texts).toEqual([JSON.stringify(tools)])
  })

  it('reads what is nested deeper than the stack reaches, brackets included', () => {
    const deep = nested(100_000)
    const [text = ''] = partOf(deep).texts
    expect(text).toContain('"deep text"')
    expect(text.match(/[[{]/g)).toHaveLength(200_000)
    expect(requestTexts('chat', { tools: deep }).texts[0]).toContain('"deep text"')
    for (const endpoint of ENDPOINTS) {
      for (const body of [deep, { messages: deep, input: deep, prompt: deep }]) requestTexts(endpoint, body)
    }
  })

  it('never throws on any JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ENDPOINTS), hostile, (endpoint, body) => {
        const { texts, fixedTokens } = requestTexts(endpoint, body)
        expect(texts.every((text) => typeof text === 'string' && text !== '')).toBe(true)
        expect(Number.isSafeInteger(fixedTokens) && fixedTokens >= 0).toBe(true)
        expect(Number.isSafeInteger(answersOf(endpoint, body))).toBe(true)
        unboundedPart(endpoint, body)
      }),
      { numRuns: 2000 },
    )
  })

  it('adds up the tokens of its texts and the fixed ones', async () => {
    const counter = { count: async (text: string) => text.length }
    const body = { messages: [{ role: 'user', content: 'Hello' }] }
    expect(await countRequestTokens('chat', body, counter)).toBe(4 + 5 + 7)
  })
})

describe('the answers of a request', () => {
  it('are as many as it asks for at worst', () => {
    expect(answersOf('chat', {})).toBe(1)
    expect(answersOf('chat', { n: 3 })).toBe(3)
    expect(answersOf('completions', { prompt: 'a', n: 2, best_of: 5 })).toBe(5)
    expect(answersOf('completions', { prompt: ['a', 'b'], n: 2 })).toBe(4)
    expect(answersOf('completions', { prompt: [[1, 2], [3]] })).toBe(2)
    expect(answersOf('completions', { prompt: [1, 2, 3] })).toBe(1)
    expect(answersOf('responses', { n: 9 })).toBe(1)
    expect(answersOf('embeddings', { input: ['a', 'b'] })).toBe(0)
  })

  it('are one for a count that is no positive integer, and never past the safe integers', () => {
    for (const n of [0, -1, 1.5, '3', null, [], 2 ** 53]) expect(answersOf('chat', { n })).toBe(1)
    const most = { prompt: ['a', 'b'], n: Number.MAX_SAFE_INTEGER }
    expect(answersOf('completions', most)).toBe(Number.MAX_SAFE_INTEGER)
    expect(answersOf('completions', { prompt: [] })).toBe(1)
  })
})

describe('a request without a bound', () => {
  const own = [{ type: 'function', function: { name: 'f' } }, { type: 'custom' }]
  const content = (type: string, fields: object) => [
    { role: 'user', content: 'a' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type, ...fields },
      ],
    },
  ]

  it('is named by what the upstream has stored of it', () => {
    for (const name of ['previous_response_id', 'conversation', 'prompt']) {
      expect(unboundedPart('responses', { [name]: 'stored' })).toBe(name)
      expect(unboundedPart('responses', { [name]: null })).toBeNull()
    }
    expect(unboundedPart('completions', { prompt: 'a' })).toBeNull()
    expect(unboundedPart('responses', { input: [{ type: 'item_reference', id: 'msg_1' }] })).toBe(
      'input.0.id',
    )
    expect(unboundedPart('responses', { input: ['a', { id: 'msg_1' }] })).toBe('input.1.id')
    expect(unboundedPart('chat', { messages: content('file', { file: { file_id: 'f' } }) })).toBe(
      'messages.1.content.1.file.file_id',
    )
    const stored = { type: 'input_file', file_url: 'https://a/b.pdf' }
    for (const [type, name] of [
      ['message', 'content'],
      ['function_call_output', 'output'],
    ] as const) {
      expect(unboundedPart('responses', { input: [{ type, [name]: [stored] }] })).toBe(
        `input.0.${name}.0.file_url`,
      )
    }
    expect(unboundedPart('chat', { messages: [{ role: 'assistant', audio: { id: 'a' } }] })).toBe(
      'messages.0.audio',
    )
  })

  it('is named by what the upstream runs itself, wherever that is brought in', () => {
    const tools = [...own, { type: 'web_search' }]
    for (const endpoint of ['chat', 'responses'] as const) {
      expect(unboundedPart(endpoint, { tools: own })).toBeNull()
      expect(unboundedPart(endpoint, { tools })).toBe('tools.2.type')
    }
    expect(
      unboundedPart('responses', { input: [{ type: 'additional_tools', role: 'developer', tools }] }),
    ).toBe('input.0.tools.2.type')
    expect(unboundedPart('chat', { web_search_options: {} })).toBe('web_search_options')
  })

  it('is one with a file, whose compressed bytes say nothing of its text', () => {
    const messages = content('file', { file: { file_data: DATA_URL } })
    expect(unboundedPart('chat', { messages })).toMatch(/file\.file_data$/)
  })

  it('is one that may be answered by another model, or in a dearer tier', () => {
    expect(unboundedPart('chat', { models: ['gpt-5-pro'] })).toBe('models')
    expect(unboundedPart('chat', { service_tier: 'priority' })).toBe('service_tier')
    expect(unboundedPart('chat', { service_tier: 'auto' })).toBeNull()
  })

  it('is none that brings all it needs along', () => {
    const messages = content('image_url', { image_url: { url: 'https://a/b.png' } })
    expect(unboundedPart('chat', { messages, tools: own, audio: { voice: 'alloy' } })).toBeNull()
    const input = [
      ...content('input_image', { file_id: 'f' }),
      { type: 'function_call', id: 'fc_1', name: 'f' },
    ]
    expect(unboundedPart('responses', { input, instructions: 'a' })).toBeNull()
  })
})

describe('a picture', () => {
  it('counts as the most it costs its model', () => {
    const part = { type: 'image_url', image_url: { url: 'https://a/b.png' } }
    const messages = [{ role: 'user', content: [part] }]
    const tokensOf = (model: string) => requestTexts('chat', { model, messages }).fixedTokens
    expect(tokensOf('gpt-4o-mini') - tokensOf('gpt-4o')).toBe(48_169 - 1445)
    expect(tokensOf('gpt-4.1-nano') - tokensOf('gpt-4o')).toBe(3779 - 1445)
  })
})
