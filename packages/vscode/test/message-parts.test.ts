import { describe, expect, it, vi } from 'vitest'
import type { LanguageModelChatRequestMessage } from 'vscode'
import { toChatMessage } from '../src/models/message-parts.ts'
import * as editor from './support/editor.ts'

vi.mock('vscode', () => import('./support/editor.ts'))

const { User, Assistant } = editor.LanguageModelChatMessageRole
const bytes = Uint8Array.from([1, 2, 3])
const encoded = (text: string) => new TextEncoder().encode(text)

const message = (role: number, content: unknown[], name?: string) =>
  toChatMessage({ role, content, name } as unknown as LanguageModelChatRequestMessage)
const partsOf = (...content: unknown[]) => message(User, content).parts
const resultOf = (...content: unknown[]) => partsOf(new editor.LanguageModelToolResultPart('c1', content))

describe('a message of the editor', () => {
  it('keeps its role and its name', () => {
    expect(message(User, [], 'ada')).toEqual({ role: 'user', name: 'ada', parts: [] })
    expect(message(Assistant, [])).toEqual({ role: 'assistant', name: undefined, parts: [] })
  })

  it('of a role that is not known yet is the user’s', () => {
    expect(message(3, []).role).toBe('user')
  })

  it('keeps its texts and its calls of tools', () => {
    expect(
      partsOf(
        new editor.LanguageModelTextPart('Hello'),
        new editor.LanguageModelToolCallPart('c1', 'look', { at: 1 }),
      ),
    ).toEqual([
      { kind: 'text', text: 'Hello' },
      { kind: 'tool-call', id: 'c1', name: 'look', input: { at: 1 } },
    ])
  })

  it('keeps pictures, and data that is text', () => {
    expect(
      partsOf(
        new editor.LanguageModelDataPart(bytes, 'image/png'),
        new editor.LanguageModelDataPart(encoded('plain'), 'text/plain'),
        new editor.LanguageModelDataPart(encoded('{}'), 'application/json'),
        new editor.LanguageModelDataPart(encoded('[]'), 'application/vnd.x+json'),
      ),
    ).toEqual([
      { kind: 'image', mimeType: 'image/png', bytes },
      { kind: 'text', text: 'plain' },
      { kind: 'text', text: '{}' },
      { kind: 'text', text: '[]' },
    ])
  })

  it('loses what a chat completion cannot carry', () => {
    const unknown = new editor.LanguageModelDataPart(bytes, 'audio/wav')
    expect(partsOf(unknown, null, undefined, 7, {}, { mimeType: 'image/png', data: 'text' })).toEqual([])
  })
})

describe('the result of a tool', () => {
  it('is its texts, a line each, and its pictures beside', () => {
    expect(
      resultOf(
        new editor.LanguageModelTextPart('one'),
        new editor.LanguageModelDataPart(bytes, 'image/jpeg'),
        new editor.LanguageModelTextPart('two'),
      ),
    ).toEqual([
      {
        kind: 'tool-result',
        id: 'c1',
        text: 'one\ntwo',
        images: [{ kind: 'image', mimeType: 'image/jpeg', bytes }],
      },
    ])
  })

  it('of another kind is shown to the model as data', () => {
    expect(resultOf(new editor.LanguageModelPromptTsxPart({ node: 1 }))).toMatchObject([
      { text: '{"node":1}' },
    ])
  })

  it('that says nothing is a result still', () => {
    expect(resultOf()).toEqual([{ kind: 'tool-result', id: 'c1', text: '', images: [] }])
    expect(resultOf(null, 7)).toMatchObject([{ text: '' }])
  })
})
