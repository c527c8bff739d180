import { NetworkError } from '@promptmeter/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createUsageWatcher, type UsageWatcher } from '../src/core/usage-watcher.ts'
import { LIFETIME, limit, me } from './support/standings.ts'
import { createAnswer, createUsageSource } from './support/usage-source.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
/** A reset is asked for within so many milliseconds after it, not by every editor at once. */
const SPREAD_MS = 11_000

let source: ReturnType<typeof createUsageSource>
let watcher: UsageWatcher

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-10T12:00:00Z') })
  source = createUsageSource()
  watcher = createUsageWatcher(source)
})

afterEach(() => {
  watcher.dispose()
  vi.useRealTimers()
})

function resetsIn(...delays: number[]) {
  const limits = delays.map((ms) => limit({ resetsAt: new Date(Date.now() + ms).toISOString() }))
  source.me.mockResolvedValueOnce(me({ limits }))
  source.me.mockResolvedValue(me({ limits: [] }))
}

describe('a reset', () => {
  it('is seen once, after its time and not before', async () => {
    resetsIn(3 * HOUR_MS, HOUR_MS)
    await watcher.refresh()
    await vi.advanceTimersByTimeAsync(HOUR_MS)
    expect(source.me).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(SPREAD_MS)
    expect(source.me).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(DAY_MS)
    expect(source.me).toHaveBeenCalledTimes(2)
  })

  it('replaces the one that was waited for before', async () => {
    resetsIn(HOUR_MS)
    await watcher.refresh()
    resetsIn(2 * HOUR_MS)
    await watcher.refresh()
    expect(vi.getTimerCount()).toBe(1)
  })

  it('is still waited for after a failure', async () => {
    resetsIn(HOUR_MS)
    await watcher.refresh()
    source.me.mockRejectedValueOnce(new NetworkError('network_error', 'away'))
    await watcher.refresh()
    await vi.advanceTimersByTimeAsync(HOUR_MS + SPREAD_MS)
    expect(source.me).toHaveBeenCalledTimes(3)
  })

  it.each([
    ['more than 24 days away', { resetsAt: '2026-04-30T12:00:00.000Z' }],
    ['that never comes', LIFETIME],
  ])('%s sets no timer', async (_what, fields) => {
    source.me.mockResolvedValue(me({ limits: [limit(fields)] }))
    await watcher.refresh()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not waited for once nobody is signed in', async () => {
    resetsIn(HOUR_MS)
    await watcher.refresh()
    source.token.mockResolvedValue(null)
    await watcher.refresh()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that is past by a clock that is fast asks at most once a minute', async () => {
    source.me.mockResolvedValue(me({ limits: [limit({ resetsAt: '2026-03-10T11:00:00.000Z' })] }))
    await watcher.refresh()
    await vi.advanceTimersByTimeAsync(HOUR_MS)
    expect(source.me.mock.calls.length).toBeLessThanOrEqual(61)
    expect(source.me.mock.calls.length).toBeGreaterThan(1)
  })
})

describe('what happens often', () => {
  it('asks only where what is known is older', async () => {
    await watcher.refresh()
    vi.advanceTimersByTime(14_999)
    expect((await watcher.refreshIfOlderThan(15_000)).kind).toBe('known')
    expect(source.me).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    await watcher.refreshIfOlderThan(15_000)
    expect(source.me).toHaveBeenCalledTimes(2)
  })

  it('asks where nothing was asked yet', async () => {
    await watcher.refreshIfOlderThan(15_000)
    expect(source.me).toHaveBeenCalledTimes(1)
  })
})

describe('a watcher that is disposed of', () => {
  it('waits for no reset', async () => {
    resetsIn(HOUR_MS)
    await watcher.refresh()
    watcher.dispose()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tells nothing and waits for nothing after an answer that was on its way', async () => {
    const told = vi.fn()
    watcher.onDidChange(told)
    const answer = createAnswer()
    source.me.mockReturnValueOnce(answer.promise)
    const refreshing = watcher.refresh()
    watcher.dispose()
    answer.give(me({ limits: [limit({ resetsAt: '2026-03-10T13:00:00.000Z' })] }))
    await refreshing
    expect(told).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('a listener that has left is told nothing, and may listen twice', async () => {
  const told = vi.fn()
  const [first] = [watcher.onDidChange(told), watcher.onDidChange(told)]
  await watcher.refresh()
  expect(told).toHaveBeenCalledTimes(2)
  first.dispose()
  await watcher.refresh()
  expect(told).toHaveBeenCalledTimes(3)
})
