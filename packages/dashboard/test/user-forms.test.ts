import type { PlanResponse, UsageEventResponse } from '@promptmeter/contract'
import { expect, it } from 'vitest'
import {
  countChanges,
  NO_CORRECTION,
  parseCorrection,
  takingBack,
} from '../src/users/user/correction-form.ts'
import {
  changesToSend,
  type OwnTerms,
  parseTerms,
  termsChanges,
  termsText,
} from '../src/users/user/terms-form.ts'

const plan = (name: string, amount: number): PlanResponse => ({
  name,
  limits: [{ meter: 'prompts', window: 'lifetime', amount }],
  allowedModels: null,
  requestsPerMinute: 60,
  concurrentCalls: null,
  defaultMaxTokens: null,
  userCount: 1,
  updatedAt: '2026-11-01T08:00:00.000Z',
})
const plans = [plan('free', 10), plan('pro', 1000)]
const terms: OwnTerms = {
  plan: 'free',
  ownThreshold: null,
  overrides: { limits: [{ meter: 'cost', window: 'month', amount: null }], allowedModels: [] },
}

it('what nobody touched reads back as it was, and changes nothing', () => {
  for (const ownThreshold of [null, 0, 500, Number.MAX_SAFE_INTEGER]) {
    const parsed = parseTerms(termsText({ ...terms, ownThreshold }))
    expect(parsed).toEqual({ terms: { ...terms, ownThreshold } })
    expect(termsChanges({ ...terms, ownThreshold }, { ...terms, ownThreshold }, plans)).toEqual([])
  }
})

it('another plan alone sends the plan alone', () => {
  const after = { ...terms, plan: 'pro' }
  const changes = termsChanges(terms, after, plans)
  expect(changes).toEqual([{ field: 'plan', name: 'Plan', before: 'free', after: 'pro' }])
  expect(changesToSend(after, changes)).toEqual({ plan: 'pro' })
})

it('what changes is told beside what the plan has, and overrides are sent as a whole', () => {
  const after: OwnTerms = { plan: 'free', ownThreshold: 500, overrides: { requestsPerMinute: null } }
  const changes = termsChanges(terms, after, plans)
  expect(changes.map(({ name, before, after }) => `${name}: ${before} → ${after}`)).toEqual([
    'Prompts for life: as the plan (10) → 500',
    'Cost a month: no limit → as the plan (no limit)',
    'Allowed models: none → as the plan (all)',
    'Requests per minute: as the plan (60) → no bound',
  ])
  expect(changesToSend(after, changes)).toEqual({
    threshold: 500,
    overrides: { requestsPerMinute: null },
  })
})

const event = {
  prompts: 2,
  tokens: 900,
  costMicros: 1125,
  model: 'gpt-5-mini',
  source: null,
  occurredAt: '2026-11-20T10:00:30.000Z',
} as UsageEventResponse
const now = Date.parse('2026-11-28T12:00:00Z')

it('taking an event back names its hour, model and source, and negates all that it counted', () => {
  const parsed = parseCorrection({ ...takingBack(event), reason: 'Counted twice' }, now)
  expect(parsed).toEqual({
    body: {
      usage: -2,
      tokenCount: -900,
      costMicros: -1125,
      model: 'gpt-5-mini',
      occurredAt: '2026-11-20T10:00:00.000Z',
      reason: 'Counted twice',
    },
  })
})

it('a correction of nothing, without a reason or of the future is refused', () => {
  const text = { ...NO_CORRECTION, prompts: '1', reason: 'Because' }
  expect(parseCorrection({ ...text, prompts: '' }, now)).toHaveProperty('errors.prompts')
  expect(parseCorrection({ ...text, prompts: '0' }, now)).toHaveProperty('errors.prompts')
  expect(parseCorrection({ ...text, reason: ' ' }, now)).toHaveProperty('errors.reason')
  expect(parseCorrection({ ...text, when: '2027-01-01T00:00' }, now)).toHaveProperty('errors.when')
  expect(parseCorrection({ ...text, when: '1999-01-01T00:00' }, now)).toHaveProperty('errors.when')
  expect(parseCorrection(text, now)).toEqual({ body: { usage: -1, reason: 'Because' } })
})

it('the preview tells the counts that move, below zero too', () => {
  const user = { promptCount: 1, tokenCount: 10, costMicros: 0 }
  expect(countChanges(user, { usage: -2, reason: '' })).toEqual([
    { name: 'Prompts', unit: 'count', before: 1, after: -1 },
  ])
})
