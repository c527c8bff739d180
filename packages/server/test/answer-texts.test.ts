import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textOfAnswer, textOfEvent } from '../src/gateway/answer-texts.ts'
import { ENDPOINTS, type Endpoint } from '../src/gateway/endpoint.ts'

const textOfStream = (endpoint: Endpoint, events: readonly unknown[]) =>
  events.map((event) => textOfEvent(endpoint, event)).join('')
const chat = (key: 'message' | 'delta', ...turns: readonly object[]) => ({
  choices: turns.map((turn, index) => ({ index, [key]: turn })),
})

const { hostile } = fc.letrec((tie) => ({
  hostile: fc.oneof(
    { maxDepth: 6 },
    fc.jsonValue(),
    fc.constantFrom('response.output_text.delta', 'function_call', 'message'),
    fc.array(tie('hostile'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(
        ...['choices', 'message', 'delta', 'content', 'text', 'type', 'output', 'summary', 'arguments'],
        ...['tool_calls', 'function', 'custom', 'function_call', 'refusal', 'reasoning_content', 'name'],
      ),
      tie('hostile'),
      { maxKeys: 5 },
    ),
  ),
}))

describe('the text of an answer', () => {
  it('holds all that a chat delivered, reasoning and calls of tools included, of every choice', () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"in":"Rome"}' } }
    const answer = chat(
      'message',
      { role: 'assistant', reasoning_content: 'Hm. ', content: 'Hello', refusal: null },
      { role: 'assistant', content: null, refusal: 'No.' },
      { tool_calls: [call, { type: 'custom', custom: { name: 'shell', input: 'ls' } }] },
      { function_call: { name: 'old', arguments: '{}' } },
      { content: [{ type: 'text', text: 'parts' }] },
    )
    expect(textOfAnswer('chat', answer)).toBe('Hm. HelloNo.weather{"in":"Rome"}shelllsold{}parts')
  })

  it('holds all that a response delivered', () => {
    const output = [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm. ' }], encrypted_content: 'gAAA' },
      {
        type: 'message',
        content: [
          { type: 'output_text', text: 'Hello', annotations: [] },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
      { type: 'function_call', call_id: 'c', name: 'weather', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'd', name: 'shell', input: 'ls' },
    ]
    expect(textOfAnswer('responses', { output })).toBe('Hm. HelloNo.weather{}shellls')
  })

  it('holds the texts of a completion and nothing of embeddings', () => {
    expect(textOfAnswer('completions', { choices: [{ text: 'a' }, { text: 'b' }] })).toBe('ab')
    expect(textOfAnswer('embeddings', { data: [{ embedding: [0.1] }], choices: [{ text: 'a' }] })).toBe('')
  })

  it('is the same when it comes as a stream', () => {
    const chunks = [
      chat('delta', { role: 'assistant', content: '' }),
      chat('delta', { reasoning_content: 'Hm. ' }),
      chat('delta', { content: 'Hel' }),
      chat('delta', { content: 'lo', refusal: null }),
      chat('delta', { tool_calls: [{ index: 0, function: { name: 'weather', arguments: '' } }] }),
      chat('delta', { tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      { choices: [], usage: { total_tokens: 9 } },
    ]
    expect(textOfStream('chat', chunks)).toBe('Hm. Helloweather{}')
    expect(textOfStream('completions', [{ choices: [{ text: 'a' }] }, { choices: [{ text: 'b' }] }])).toBe(
      'ab',
    )
    expect(textOfEvent('embeddings', chunks[2])).toBe('')
  })

  it('counts no delta of a response twice, and no sound', () => {
    const events = [
      { type: 'response.created', response: { output: [] } },
      { type: 'response.reasoning_summary_text.delta', delta: 'Hm. ' },
      { type: 'response.output_text.delta', delta: 'Hel' },
      { type: 'response.output_text.delta', delta: 'lo' },
      { type: 'response.output_text.done', text: 'Hello', delta: 'Hello' },
      { type: 'response.function_call_arguments.delta', delta: '{}' },
      { type: 'response.audio.delta', delta: 'UklGRg==' },
      { type: 'response.audio.transcript.delta', delta: '!' },
      { type: 'response.completed', response: { output: [{ content: [{ text: 'Hello' }] }] } },
    ]
    expect(textOfStream('responses', events)).toBe('Hm. Hello{}!')
  })

  it('is a string for any JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ENDPOINTS), hostile, (endpoint, value) => {
        expect(textOfAnswer(endpoint, value)).toBeTypeOf('string')
        expect(textOfEvent(endpoint, value)).toBeTypeOf('string')
      }),
      { numRuns: 2000 },
    )
  })
})
