import { afterEach, vi } from 'vitest'

/**
 * Every pause of the client ends at once, and is written down: what would be waited for is seen without waiting. Timers of
 * sockets stay real.
 * @returns the pauses so far, in milliseconds
 */
export function hurryTimers(): number[] {
  const pauses: number[] = []
  const { setTimeout } = globalThis
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((act: () => void, ms = 0, ...more: []) => {
    if (!new Error().stack?.includes('/client/src/')) return setTimeout(act, ms, ...more)
    pauses.push(ms)
    return setTimeout(act, 0)
  }) as typeof setTimeout)
  return pauses
}

/** Does `act` as soon as the client pauses; the pause itself never ends. */
export function onPause(act: (ms: number) => void): void {
  const { setTimeout } = globalThis
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((done: () => void, ms = 0, ...more: []) => {
    if (!new Error().stack?.includes('/client/src/')) return setTimeout(done, ms, ...more)
    queueMicrotask(() => act(ms))
    return setTimeout(() => {}, 0)
  }) as typeof setTimeout)
}

/** Without jitter, so that pauses can be told. */
export function fixJitter(random: number): void {
  vi.spyOn(Math, 'random').mockReturnValue(random)
}

export function restoreTimersAfterEach(): void {
  afterEach(() => {
    vi.restoreAllMocks()
  })
}
