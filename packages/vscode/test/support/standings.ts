import type { LimitStanding, Me } from '@promptmeter/client'

/** A limit of 10 prompts a day, of which as many are used as is said. */
export function limit(fields: Partial<LimitStanding> = {}): LimitStanding {
  const { amount = 10, used = 0, held = 0 } = fields
  return {
    meter: 'prompts',
    window: 'day',
    amount,
    used,
    held,
    remaining: Math.max(0, amount - used - held),
    windowStart: '2026-03-10T00:00:00.000Z',
    resetsAt: '2026-03-11T00:00:00.000Z',
    ...fields,
  }
}

export const LIFETIME = { window: 'lifetime', windowStart: null, resetsAt: null } as const

export function me(fields: Partial<Me> = {}): Me {
  return {
    id: 'user-1',
    email: 'ada@example.com',
    promptCount: 0,
    tokenCount: 0,
    costMicros: 0,
    threshold: 10,
    remaining: 10,
    plan: 'free',
    overrides: null,
    role: 'member',
    disabled: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    limits: [limit()],
    apiKey: 'pm_an_api_key',
    upgradeUrl: null,
    ...fields,
  }
}
