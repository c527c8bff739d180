import { NetworkError, PromptmeterError, SignInRequiredError } from '@promptmeter/client'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createUsageWatcher, type UsageState, type UsageWatcher } from '../src/core/usage-watcher.ts'
import { sessionToken } from './support/session-tokens.ts'
import { me } from './support/standings.ts'
import { createAnswer, createUsageSource, TOTALS } from './support/usage-source.ts'

const AWAY = new NetworkError('network_error', 'The server cannot be reached.')
const OVER = new SignInRequiredError('token_invalid', 'The session is over.')

let source: ReturnType<typeof createUsageSource>
let watcher: UsageWatcher
let told: UsageState[]

beforeEach(() => {
  source = createUsageSource()
  watcher = createUsageWatcher(source)
  told = []
  watcher.onDidChange((state) => void told.push(state))
  return () => {
    watcher.dispose()
    vi.useRealTimers()
  }
})

describe('what there is to show', () => {
  it('is loading until the first answer', () => {
    expect(watcher.state).toEqual({ kind: 'loading' })
  })

  it('is what the server says, told to whoever listens', async () => {
    const known = { kind: 'known', me: me(), byModel: TOTALS, offline: false }
    expect(await watcher.refresh()).toEqual(known)
    expect(watcher.state).toEqual(known)
    expect(told).toEqual([known])
  })

  it('is that nobody is signed in, without asking the server', async () => {
    source.token.mockResolvedValue(null)
    expect(await watcher.refresh()).toEqual({ kind: 'signed-out' })
    expect(source.me).not.toHaveBeenCalled()
  })

  it('offline is what was known before, and says so', async () => {
    await watcher.refresh()
    source.me.mockRejectedValue(AWAY)
    expect(await watcher.refresh()).toEqual({ kind: 'known', me: me(), byModel: TOTALS, offline: true })
    source.me.mockResolvedValue(me({ promptCount: 1 }))
    expect(await watcher.refresh()).toMatchObject({ me: { promptCount: 1 }, offline: false })
  })

  it('offline from the beginning is a failure that says so', async () => {
    source.me.mockRejectedValue(AWAY)
    expect(await watcher.refresh()).toEqual({ kind: 'failed', error: AWAY, offline: true })
  })

  it('is what went wrong where the server answers with an error', async () => {
    await watcher.refresh()
    const error = new PromptmeterError('overloaded', 'Too much to do.', { status: 503 })
    source.me.mockRejectedValue(error)
    expect(await watcher.refresh()).toEqual({ kind: 'failed', error, offline: false })
  })

  it('is a failure where the session cannot be read, and no longer once it can', async () => {
    const error = new Error('the keyring is locked')
    source.token.mockRejectedValueOnce(error)
    const [first, second] = await Promise.all([watcher.refresh(), watcher.refresh()])
    expect(first).toEqual({ kind: 'failed', error, offline: false })
    expect(second.kind).toBe('known')
  })
})

describe('a refused token', () => {
  it('is told once, with the token, and nobody is signed in any more', async () => {
    source.me.mockRejectedValue(OVER)
    source.onRefused.mockImplementation(async () => void source.token.mockResolvedValue(null))
    expect(await watcher.refresh()).toEqual({ kind: 'signed-out' })
    await watcher.refresh()
    expect(source.onRefused.mock.calls).toEqual([[sessionToken()]])
  })

  it('changes nothing where somebody has signed in anew meanwhile', async () => {
    await watcher.refresh()
    source.me.mockRejectedValueOnce(OVER)
    expect(await watcher.refresh()).toMatchObject({ kind: 'known', me: { id: 'user-1' } })
  })

  it('that cannot be forgotten is a failure', async () => {
    source.me.mockRejectedValue(OVER)
    source.onRefused.mockRejectedValue(new Error('the keyring is locked'))
    expect(await watcher.refresh()).toEqual({ kind: 'failed', error: OVER, offline: false })
  })
})

describe('several that ask at once', () => {
  it('share the answer under way and one more after it', async () => {
    const first = createAnswer()
    source.me.mockReturnValueOnce(first.promise)
    const asked = watcher.refresh()
    const later = [watcher.refresh(), watcher.refresh(), watcher.refresh()]
    source.me.mockResolvedValue(me({ promptCount: 2 }))
    first.give(me({ promptCount: 1 }))
    expect(await asked).toMatchObject({ me: { promptCount: 1 } })
    for (const state of await Promise.all(later)) expect(state).toMatchObject({ me: { promptCount: 2 } })
    expect(source.me).toHaveBeenCalledTimes(2)
  })

  it('keep nobody from asking afterwards', async () => {
    await Promise.all([watcher.refresh(), watcher.refresh()])
    await watcher.refresh()
    expect(source.me).toHaveBeenCalledTimes(3)
  })
})

describe('by model', () => {
  it('is asked only where something was counted since', async () => {
    await watcher.refresh()
    await watcher.refresh()
    expect(source.byModel).toHaveBeenCalledTimes(1)
    const counted = [{ promptCount: 1 }, { tokenCount: 1 }, { costMicros: 1 }]
    for (const fields of counted) {
      source.me.mockResolvedValue(me(fields))
      await watcher.refresh()
      await watcher.refresh()
    }
    expect(source.byModel).toHaveBeenCalledTimes(1 + counted.length)
  })

  it('is asked anew in a new month', async () => {
    vi.useFakeTimers({ now: new Date('2026-03-31T23:59:59Z') })
    await watcher.refresh()
    vi.setSystemTime(new Date('2026-04-01T00:00:00Z'))
    await watcher.refresh()
    expect(source.byModel).toHaveBeenCalledTimes(2)
  })

  it('a failure does the rest no harm, keeps what was known and is tried again', async () => {
    source.byModel.mockRejectedValueOnce(AWAY)
    expect(await watcher.refresh()).toMatchObject({ kind: 'known', byModel: null, offline: false })
    expect(await watcher.refresh()).toMatchObject({ byModel: TOTALS })
    source.me.mockResolvedValue(me({ promptCount: 1 }))
    source.byModel.mockRejectedValueOnce(AWAY)
    expect(await watcher.refresh()).toMatchObject({ kind: 'known', byModel: TOTALS, offline: false })
    await watcher.refresh()
    expect(source.byModel).toHaveBeenCalledTimes(4)
  })

  it('what was known survives a failure of the rest', async () => {
    await watcher.refresh()
    source.me.mockRejectedValueOnce(new Error('out of luck'))
    await watcher.refresh()
    expect(await watcher.refresh()).toMatchObject({ byModel: TOTALS })
  })
})

describe('another user', () => {
  const grace = () => {
    source.token.mockResolvedValue(sessionToken({ userId: 'user-2', sid: 'session-2' }))
    source.me.mockResolvedValue(me({ id: 'user-2', email: 'grace@example.com' }))
  }

  it('is never shown the models of the first one', async () => {
    await watcher.refresh()
    grace()
    source.byModel.mockRejectedValue(AWAY)
    expect(await watcher.refresh()).toMatchObject({ me: { id: 'user-2' }, byModel: null })
  })

  it('is never shown the counts of the first one, offline either', async () => {
    await watcher.refresh()
    grace()
    source.me.mockRejectedValue(AWAY)
    expect(await watcher.refresh()).toEqual({ kind: 'failed', error: AWAY, offline: true })
  })
})
