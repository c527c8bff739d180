import { LimitReachedError, type LimitStanding, type Me, SignInRequiredError } from '@promptmeter/client'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { LanguageModelError } from 'vscode'
import type { UsageState, UsageWatcher } from '../src/core/usage-watcher.ts'
import { createLimitMessage } from '../src/limit-message.ts'
import { createRefusals, type Refusals } from '../src/refusals.ts'
import { desk } from './support/editor.ts'
import { limit, me } from './support/standings.ts'

vi.mock('vscode', () => import('./support/editor.ts'))

const identity = { extensionId: 'me.hello', id: 'hello', appName: 'Hello', source: 'hello/0.1.0' }
const REACHED = limit({ used: 10 })
const SMALL = limit({ meter: 'tokens', amount: 1000, used: 900 })

let state: UsageState
let refreshes: number
let refusals: Refusals

beforeEach(() => {
  refreshes = 0
  know({ limits: [REACHED] })
  desk.warnings.length = 0
  desk.commands.length = 0
  desk.pressed = undefined
  const kept = new Map<string, unknown>()
  const memory = {
    get: (key: string) => kept.get(key),
    update: async (key: string, value: unknown) => void kept.set(key, value),
  }
  const watcher = {
    async refresh() {
      refreshes += 1
      return state
    },
  } as UsageWatcher
  refusals = createRefusals(watcher, createLimitMessage(memory, identity))
})

function know(fields: Partial<Me>): void {
  state = { kind: 'known', me: me(fields), byModel: null, offline: false }
}

const refusedBy = (standing: LimitStanding) => new LimitReachedError('no', standing, null)
const asOpenAIThrows = (standing: LimitStanding) =>
  Object.assign(new Error('429'), {
    status: 429,
    error: { message: 'no', code: 'insufficient_quota', limit: standing, upgradeUrl: null },
  })

describe('a reached limit', () => {
  it.each([
    ['the client', () => refusedBy(REACHED)],
    ['the openai package', () => asOpenAIThrows(REACHED)],
    ['a language model', () => LanguageModelError.Blocked('no')],
  ])('that %s throws is told once, however often it is met', async (_, makeError) => {
    for (const _keystroke of [1, 2, 3]) expect(await refusals.handle(makeError())).toBe(true)
    expect(desk.warnings).toEqual([
      expect.stringMatching(/^Hello: You have used all of your 10 prompts today\./),
    ])
  })

  it('is told again to a user who asked', async () => {
    await refusals.handle(refusedBy(REACHED))
    await refusals.handle(refusedBy(REACHED), { userAsked: true })
    expect(desk.warnings).toHaveLength(2)
  })

  it('that has something left, but too little for the call, is told as what it is', async () => {
    know({ limits: [SMALL] })
    expect(await refusals.handle(refusedBy(SMALL))).toBe(true)
    expect(desk.warnings).toEqual([
      expect.stringContaining('This needs more than the 100 tokens that you have left.'),
    ])
  })

  it('is known also where another extension gets to see a sentence alone', async () => {
    know({ limits: [SMALL] })
    refusals.noteCall(refusedBy(SMALL))
    expect(await refusals.handle(LanguageModelError.Blocked('no'))).toBe(true)
    expect(desk.warnings).toEqual([expect.stringContaining('100 tokens')])
  })

  it('leads to more, or to what was used', async () => {
    know({ limits: [REACHED], upgradeUrl: 'https://example.com/upgrade' })
    desk.pressed = 'Upgrade'
    await refusals.handle(refusedBy(REACHED))
    await new Promise((resolve) => setImmediate(resolve))
    expect(desk.commands).toEqual(['hello.upgrade'])
  })
})

describe('a session that is over', () => {
  it('is handled: the watcher says so', async () => {
    state = { kind: 'signed-out' }
    expect(await refusals.handle(new SignInRequiredError('token_invalid', 'no'))).toBe(true)
    expect(await refusals.handle(LanguageModelError.NoPermissions('no'))).toBe(true)
    expect(desk.warnings).toEqual([])
  })
})

describe('any other error', () => {
  it.each([
    new Error('mine'),
    Object.assign(new Error('500'), { status: 500 }),
    LanguageModelError.NotFound('x'),
    'text',
    null,
  ])('is left to its author, and nothing is asked of the server: %s', async (error) => {
    expect(await refusals.handle(error)).toBe(false)
    expect(refreshes).toBe(0)
  })

  it('is left to its author where the server cannot say what it means', async () => {
    state = { kind: 'failed', error: new Error('away'), offline: true }
    expect(await refusals.handle(refusedBy(REACHED))).toBe(false)
  })
})
