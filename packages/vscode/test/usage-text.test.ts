import { NetworkError } from '@promptmeter/client'
import { describe, expect, it } from 'vitest'
import { limitLine, limitMessage, statusText } from '../src/core/usage-text.ts'
import type { UsageState } from '../src/core/usage-watcher.ts'
import { LIFETIME, limit, me } from './support/standings.ts'

const now = new Date(2026, 5, 10, 12, 0)
const resetsAt = new Date(2026, 5, 10, 15, 0).toISOString()

function known(fields: Parameters<typeof me>[0], offline = false): UsageState {
  return { kind: 'known', me: me(fields), byModel: null, offline }
}

const status = (state: UsageState, waiting = 0) => statusText(state, 'Hello', waiting)

describe('the status bar', () => {
  it('leads to the sign-in while nobody is signed in', () => {
    expect(status({ kind: 'signed-out' })).toEqual({
      text: '$(account) Hello: Sign in',
      label: 'Hello: signed out. Sign in',
      level: 'fine',
    })
  })

  it('says that it is loading', () => {
    expect(status({ kind: 'loading' })).toMatchObject({ text: '$(loading~spin) Hello', level: 'fine' })
  })

  it('shows the tightest limit and what is left of it', () => {
    const limits = [limit({ used: 1 }), limit({ meter: 'tokens', window: 'month', amount: 100, used: 50 })]
    expect(status(known({ limits }))).toEqual({
      text: '$(pulse) 50 of 100 tokens, 50 left',
      label: 'Hello: 50 of 100 tokens, 50 left',
      level: 'fine',
    })
  })

  it('warns from 80% on and says when a limit is reached', () => {
    expect(status(known({ limits: [limit({ used: 8 })] }))).toMatchObject({
      text: '$(warning) 8 of 10 prompts, 2 left',
      level: 'warning',
    })
    expect(status(known({ limits: [limit({ used: 10 })] }))).toMatchObject({
      text: '$(warning) 10 of 10 prompts, 0 left',
      level: 'reached',
    })
  })

  it('counts prompts where nothing limits', () => {
    expect(status(known({ limits: [], promptCount: 1 }))).toMatchObject({
      text: '$(pulse) 1 prompt',
      level: 'fine',
    })
  })

  it('shows money as money', () => {
    const limits = [limit({ meter: 'cost', amount: 5_000_000, used: 500_000 })]
    expect(status(known({ limits })).text).toBe('$(pulse) $0.50 of $5.00, $4.50 left')
  })

  it('offline shows what was known, and what waits', () => {
    const state = known({ limits: [limit({ used: 9 })] }, true)
    expect(status(state, 2)).toEqual({
      text: '$(cloud-offline) 9 of 10 prompts, 2 waiting',
      label: 'Hello: offline, 2 waiting; 9 of 10 prompts, 1 left when last known',
      level: 'warning',
    })
    expect(status(state).text).toBe('$(cloud-offline) 9 of 10 prompts')
  })

  it('offline from the beginning says so, and what waits', () => {
    const error = new NetworkError('network_error', 'The server cannot be reached.')
    const state: UsageState = { kind: 'failed', error, offline: true }
    expect(status(state).text).toBe('$(cloud-offline) Offline')
    expect(status(state, 3).text).toBe('$(cloud-offline) Offline, 3 waiting')
  })

  it('of a failure shows no word of the server where icons are read', () => {
    const error = new Error('$(trash) [x](command:y)')
    const { text, label } = status({ kind: 'failed', error, offline: false })
    expect(text).toBe('$(warning) Hello')
    expect(label).toContain(error.message)
  })
})

describe('a limit', () => {
  it('is told with its window, what is left and when it resets', () => {
    expect(limitLine(limit({ used: 1, resetsAt }), now)).toBe(
      '1 of 10 prompts today, 9 left, resets in 3 hours, at 15:00',
    )
    expect(limitLine(limit({ used: 1, ...LIFETIME }), now)).toBe(
      '1 of 10 prompts in all, 9 left, never resets by itself',
    )
  })

  it('that is reached is told in one sentence or two', () => {
    expect(limitMessage(limit({ used: 10, resetsAt }), now)).toBe(
      'You have used all of your 10 prompts today. Your limit resets in 3 hours, at 15:00.',
    )
    expect(limitMessage(limit({ used: 10, ...LIFETIME }), now)).toBe('You have used all of your 10 prompts.')
    expect(
      limitMessage(
        limit({ meter: 'cost', amount: 5_000_000, used: 5_000_000, window: 'month', resetsAt }),
        now,
      ),
    ).toMatch(/^You have used all of your \$5\.00 this month\./)
    expect(limitMessage(limit({ amount: 1, used: 1, ...LIFETIME }), now)).toBe(
      'You have used all of your 1 prompt.',
    )
  })
})
