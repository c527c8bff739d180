import { describe, expect, it } from 'vitest'
import { factsOf, isChatModel } from '../src/models/model-catalogue.ts'

describe('what answers no chat is left out', () => {
  it.each([
    'text-embedding-3-small',
    'text-embedding-ada-002',
    'whisper-1',
    'tts-1-hd',
    'gpt-4o-mini-tts',
    'dall-e-3',
    'gpt-image-1',
    'omni-moderation-latest',
    'gpt-4o-realtime-preview',
    'gpt-4o-audio-preview',
    'gpt-4o-transcribe',
    'davinci-002',
    'babbage-002',
    'gpt-3.5-turbo-instruct',
    'sora-2',
    'gpt-5-codex',
    'o3-deep-research',
    'o1-pro',
    'o1-pro-2025-03-19',
    'gpt-5-pro',
    'computer-use-preview',
  ])('%s', (id) => {
    expect(isChatModel(id)).toBe(false)
  })
})

describe('what answers chats is there, whoever made it', () => {
  it.each([
    'gpt-5',
    'gpt-5-mini-2025-08-07',
    'gpt-4.1-nano',
    'gpt-4o',
    'o4-mini',
    'o3',
    'gpt-3.5-turbo',
    'promptmeter-demo',
    'gemini-2.5-pro',
    'llama3.1:8b-instruct-q4_K_M',
    'mistralai/mistral-7b-instruct',
    'deepseek-chat',
  ])('%s', (id) => {
    expect(isChatModel(id)).toBe(true)
  })
})

describe('a dated model', () => {
  it.each([
    ['gpt-5-mini-2025-08-07', 'gpt-5-mini'],
    ['o1-2024-12-17', 'o1'],
    ['gpt-4-0613', 'gpt-4'],
    ['gpt-3.5-turbo-0125', 'gpt-3.5-turbo'],
  ])('%s is of the family %s, with its bounds and its own name', (id, family) => {
    expect(factsOf(id)).toEqual({ ...factsOf(family), name: id })
    expect(factsOf(id).family).toBe(family)
  })

  it('is another than one without a date', () => {
    expect(factsOf('gpt-5-mini').family).not.toBe(factsOf('gpt-5').family)
    expect(factsOf('gpt-4.1').family).toBe('gpt-4.1')
  })
})

describe('the bounds of a model', () => {
  it.each([
    ['gpt-3.5-turbo', 12_000, false],
    ['gpt-4', 6_000, false],
    ['gpt-4-0125-preview', 128_000, false],
    ['gpt-4.1-mini', 1_000_000, true],
    ['gpt-4o-mini', 128_000, true],
    ['gpt-5', 272_000, true],
    ['o3-mini', 100_000, false],
    ['o3', 100_000, true],
    ['promptmeter-demo', 8_000, false],
    ['somebody-elses', 128_000, true],
  ])('%s: %i tokens of input, pictures %s', (id, maxInputTokens, imageInput) => {
    expect(factsOf(id)).toMatchObject({ maxInputTokens, imageInput })
  })

  it('the demo calls no tools', () => {
    expect(factsOf('promptmeter-demo').toolCalling).toBe(false)
    expect(factsOf('gpt-5').toolCalling).toBe(true)
  })
})
