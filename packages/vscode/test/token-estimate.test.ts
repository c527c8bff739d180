import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import { estimateTokens } from '../src/models/token-estimate.ts'
import { SAMPLES } from './support/sample-texts.ts'

describe('the estimate for a text', () => {
  it.each(Object.entries(SAMPLES))('is within 15% of what OpenAI’s tokenizer counts: %s', (_name, text) => {
    const exact = encode(text).length
    expect(Math.abs(estimateTokens(text) / exact - 1)).toBeLessThan(0.15)
  })

  it('of nothing is nothing', () => {
    expect(estimateTokens('')).toBe(0)
  })
})

describe('the estimate for a message', () => {
  const empty = estimateTokens([])

  it('adds what every message costs', () => {
    expect(empty).toBeGreaterThan(0)
  })

  it('counts each part', () => {
    const words = 'The quick brown fox'
    const tokens = estimateTokens(words)
    const image = { kind: 'image', mimeType: 'image/png', bytes: new Uint8Array(1) } as const
    const picture = estimateTokens([image]) - empty
    expect(estimateTokens([{ kind: 'text', text: words }])).toBe(empty + tokens)
    expect(picture).toBeGreaterThan(100)
    expect(estimateTokens([{ kind: 'tool-result', id: '1', text: words, images: [image, image] }])).toBe(
      empty + tokens + 2 * picture,
    )
    expect(estimateTokens([{ kind: 'tool-call', id: '1', name: 'look', input: { at: words } }])).toBe(
      empty + estimateTokens('look') + estimateTokens(JSON.stringify({ at: words })),
    )
  })
})
