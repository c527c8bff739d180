import { AUDIT_ACTIONS, type AuditAction, type AuditEventResponse, MAX_COUNT } from '@promptmeter/contract'
import { describe, expect, it } from 'vitest'
import { ACTION_NAMES } from '../src/audit/audit-filter.ts'
import { auditSentence, sentenceText } from '../src/audit/audit-sentence.ts'
import { detailsInWords } from '../src/audit/detail-words.ts'

const ADA = { id: '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071', email: 'ada@example.com' }
const BOB = { id: '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6072', email: 'bob@example.com' }

interface Told {
  readonly by?: typeof ADA | { readonly id: string; readonly email: null } | 'operator' | 'nobody'
  readonly to?: { readonly id: string; readonly email: string | null } | null
  readonly details?: Record<string, unknown>
}

function told(action: AuditAction, { by = 'operator', to = null, details = {} }: Told = {}): string {
  const actor: AuditEventResponse['actor'] =
    typeof by === 'string'
      ? { kind: by, userId: null, email: null }
      : { kind: 'user', userId: by.id, email: by.email }
  return sentenceText(
    auditSentence({
      id: '019ab2c4-7b8c-7d9e-8f0a-2b3c4d5e6f70',
      at: '2026-11-24T08:00:00.000Z',
      action,
      actor,
      user: to,
      sessionId: null,
      ip: null,
      clientName: null,
      details,
    }),
  )
}

const own = (details: Record<string, unknown> = {}): Told => ({ by: ADA, to: ADA, details })

const SENTENCES: Record<AuditAction, readonly (readonly [Told, string])[]> = {
  sign_in: [
    [own({ method: 'email' }), 'ada@example.com signed in by email'],
    [own({ method: 'github' }), 'ada@example.com signed in with GitHub'],
  ],
  sign_in_refused: [
    [
      { by: 'nobody', to: BOB, details: { method: 'email', reason: 'code_wrong' } },
      'Somebody was refused a sign-in by email as bob@example.com: the code was wrong',
    ],
    [{ by: 'nobody', details: { reason: 'new_reason' } }, 'Somebody was refused a sign-in: new reason'],
  ],
  session_renewed: [[own(), 'ada@example.com renewed a session']],
  session_revoked: [
    [own({ revoked: 1 }), 'ada@example.com signed out of a session'],
    [{ to: BOB }, 'The operator revoked a session of bob@example.com'],
  ],
  sessions_revoked: [
    [own({ revoked: 2, keepCurrent: true }), 'ada@example.com signed out of 2 sessions elsewhere'],
    [{ by: ADA, to: BOB, details: { revoked: 1 } }, 'ada@example.com revoked 1 session of bob@example.com'],
  ],
  key_created: [
    [own({ expiresInDays: 30 }), 'ada@example.com created an API key for 30 days'],
    [own({ expiresInDays: null }), 'ada@example.com created an API key that does not expire'],
  ],
  key_revoked: [
    [own({ revoked: 1 }), 'ada@example.com revoked an API key'],
    [{ to: BOB }, 'The operator revoked an API key of bob@example.com'],
  ],
  data_exported: [[own(), 'ada@example.com exported their own data']],
  user_added: [
    [{ to: BOB, details: { plan: 'pro' } }, 'The operator added bob@example.com with the plan pro'],
  ],
  user_changed: [
    [{ to: BOB, details: { fields: ['disabled'], disabled: true } }, 'The operator disabled bob@example.com'],
    [
      { to: BOB, details: { fields: ['plan'], plan: 'pro' } },
      'The operator gave bob@example.com the plan pro',
    ],
    [
      { to: BOB, details: { fields: ['threshold'], threshold: 1200 } },
      'The operator gave bob@example.com a threshold of 1,200',
    ],
    [
      { to: BOB, details: { fields: ['threshold'], threshold: MAX_COUNT } },
      'The operator gave bob@example.com no threshold',
    ],
    [
      { to: BOB, details: { fields: ['overrides', 'plan'], plan: 'pro' } },
      'The operator changed the overrides and the plan of bob@example.com',
    ],
    [
      { to: BOB, details: { role: 'admin', because: 'ADMIN_EMAILS' } },
      'The operator made bob@example.com an admin, as ADMIN_EMAILS says',
    ],
  ],
  user_erased: [
    [{ to: { ...BOB, email: null } }, `The operator erased user ${BOB.id}`],
    [{ by: { ...ADA, email: null }, to: { ...ADA, email: null } }, `erased user ${ADA.id} erased themselves`],
  ],
  users_imported: [
    [
      { details: { added: 12, exists: 1, invalid: 0 } },
      'The operator imported 12 users, 1 user was there before',
    ],
  ],
  usage_corrected: [
    [
      { to: BOB, details: { prompts: -2, tokens: -900, cost: 0 } },
      'The operator corrected the usage of bob@example.com by −2 prompts and −900 tokens',
    ],
  ],
  plan_changed: [[{ details: { plan: 'pro' } }, 'The operator changed the plan pro']],
  plan_deleted: [[{ details: { plan: 'pro' } }, 'The operator deleted the plan pro']],
  price_changed: [
    [{ details: { models: ['gpt-5', 'gpt-5-mini'] } }, 'The operator set the price of gpt-5 and gpt-5-mini'],
  ],
  price_deleted: [[{ details: { model: 'gpt-5' } }, 'The operator deleted the price of gpt-5']],
  admin_refused: [[own(), 'ada@example.com was refused: only an admin may do this']],
  admin_link_made: [[{}, 'The operator made a link to the dashboard']],
  operator_signed_in: [[{}, 'The operator signed in to the dashboard by a link']],
  users_exported: [[{ by: ADA }, 'ada@example.com exported the list of users']],
  audit_exported: [[{ by: ADA }, 'ada@example.com exported the audit log']],
}

describe('the sentences of the audit log', () => {
  it.each(AUDIT_ACTIONS)('%s says who did what to whom', (action) => {
    for (const [event, sentence] of SENTENCES[action]) expect(told(action, event)).toBe(sentence)
  })

  it.each(AUDIT_ACTIONS)('%s is told without its details, too', (action) => {
    for (const event of [{}, own(), { to: BOB }])
      expect(told(action, event)).not.toMatch(/undefined|null|\[object| {2}| $/)
  })

  it('every action can be chosen by a name', () => {
    const named = Object.values(ACTION_NAMES).flatMap((names) => Object.keys(names))
    expect(named.toSorted()).toEqual([...AUDIT_ACTIONS].toSorted())
  })
})

describe('the details of an event', () => {
  it('are told in words, moments as moments and costs in dollars', () => {
    expect(
      detailsInWords({
        expiresAt: '2026-12-01T00:00:00.000Z',
        cost: -1125,
        models: ['a', 'b'],
        keepCurrent: false,
      }),
    ).toEqual([
      { name: 'Expires at', value: { at: '2026-12-01T00:00:00.000Z' } },
      { name: 'Cost added', value: '-$0.001125' },
      { name: 'Models', value: 'a, b' },
      { name: 'This session kept', value: 'no' },
    ])
  })
})
