import type { Me, UsageGroupTotal } from '@promptmeter/client'
import { vi } from 'vitest'
import type { UsageSource } from '../../src/core/usage-watcher.ts'
import { sessionToken } from './session-tokens.ts'
import { me } from './standings.ts'

export const TOTALS: readonly UsageGroupTotal[] = [
  { name: 'gpt-5-mini', promptCount: 3, tokenCount: 1_200, costMicros: 10_000 },
]

/** A server that answers as it is told; without a word somebody is signed in and nothing goes wrong. */
export function createUsageSource() {
  return {
    token: vi.fn<UsageSource['token']>(async () => sessionToken()),
    me: vi.fn<UsageSource['me']>(async () => me()),
    byModel: vi.fn<UsageSource['byModel']>(async () => TOTALS),
    onRefused: vi.fn<UsageSource['onRefused']>(async () => {}),
  }
}

/** An answer that a test gives itself. */
export function createAnswer(): { promise: Promise<Me>; give(value: Me): void } {
  const { promise, resolve } = Promise.withResolvers<Me>()
  return { promise, give: resolve }
}
