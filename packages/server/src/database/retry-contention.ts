import { isContention } from './database-errors.ts'

const FIRST_DELAY_MS = 5
const MAX_DELAY_MS = 200

/**
 * Does `work`, again while others got in its way, for up to `deadlineMs`; then throws what the database said. It must
 * be a whole transaction, or one statement by itself: what contention ends was rolled back, so doing it again does it
 * once.
 */
export async function retryContention<T>(deadlineMs: number, work: () => Promise<T>): Promise<T> {
  const deadlineAt = performance.now() + deadlineMs
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
    try {
      return await work()
    } catch (error) {
      if (!isContention(error) || performance.now() + delayMs > deadlineAt) throw error
    }
    // Spread out, or those who collided would collide again.
    await new Promise((resolve) => setTimeout(resolve, delayMs * (0.5 + Math.random())))
  }
}
