import { sql } from 'kysely'
import { holdCall, settleCall } from './hold-calls.ts'
import { startTestApp } from './test-app.ts'
import type { TestDatabase } from './test-database.ts'

const DAY_MS = 86_400_000

/** Somebody whose usage is in a database, and what they need to go on. */
export interface VariedUsage {
  readonly email: string
  readonly token: string
  /** Recorded under this idempotency key, with this body and these answers. */
  readonly retry: { readonly key: string; readonly body: object; readonly answer: object }
}

/** Calls under way together: below what one user may have waiting. */
const AT_ONCE = 1000

/**
 * Fills a database with a bit of everything that can be stored: users with and without limits, disabled, imported and
 * unused; live and revoked sessions; plans, prices, overrides; a call of the gateway that was charged and one under way; corrected usage; labels of other scripts and of none; an account at an outside provider, a named key,
 * and what the audit log tells of these.
 * @param events plain ones beside all that
 */
export async function addVariedUsage(testDatabase: TestDatabase, events = 100): Promise<VariedUsage> {
  const server = await startTestApp(testDatabase.engine, { testDatabase })
  const { users, sessions, corrections, imports, plans, prices, ledger } = server.services
  try {
    const email = 'ada@example.com'
    const token = await server.signUp(email)
    const body = {
      usage: 3,
      tokenCount: 777,
      model: 'gpt-5 «日本語» 😀 "quoted" \\ \u2028 end',
      source: 'erweiterung-ä/1.0.0',
      occurredAt: new Date(Date.now() - 3 * DAY_MS).toISOString(),
    }
    const key = 'a,key:with{braces}&%$~'
    const first = await server.track(token, body, { 'idempotency-key': key })
    if (first.statusCode !== 200) throw new Error(first.body)
    for (let sent = 0; sent < events; sent += AT_ONCE) {
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, events - sent) }, (_, index) =>
          server.track(token, index % 7 === 0 ? {} : { usage: 1, tokenCount: index, model: `m${index % 5}` }),
        ),
      )
    }
    const ada = await users.getByEmail(email)
    const correction = {
      userId: ada.id,
      model: null,
      source: null,
      occurredAt: null,
      idempotencyKey: 'mend',
      cost: 0,
    }
    await corrections.correct({ ...correction, prompts: 5, tokens: 9, reason: 'Nachtrag für März – 訂正' })
    await corrections.correct({
      ...correction,
      prompts: -2,
      tokens: -4,
      reason: 'twice',
      idempotencyKey: null,
    })
    await plans.put('pro', {
      limits: [{ meter: 'tokens', window: 'month', amount: 100_000_000 }],
      allowedModels: ['gpt-5*', '«日本語»'],
      requestsPerMinute: 1000,
    })
    await prices.put([
      {
        model: 'gpt-5*',
        effectiveFrom: '2026-01-01T00:00:00Z',
        inputMicros: 1_250_000,
        cachedInputMicros: null,
        outputMicros: 10_000_000,
      },
    ])
    const overrides = { limits: [{ meter: 'cost', window: 'day', amount: 5_000_000 }] } as const
    await users.update(ada.id, {
      threshold: 100_000,
      plan: 'pro',
      overrides: { ...overrides, limits: [...overrides.limits] },
    })
    const principal = await server.services.sessions.verify(token)
    const charged = holdCall(principal, { idempotencyKey: 'gateway', source: 'gateway' })
    await ledger.hold(charged)
    const usage = {
      inputTokens: 90,
      cachedInputTokens: 30,
      outputTokens: 40,
      reasoningTokens: 8,
      estimated: true,
    }
    await ledger.settle(settleCall(charged, { usage, cost: 513 }))
    await ledger.hold(holdCall(principal, { lifetimeMs: 86_400_000, inputTokens: 7, maxTokens: 20 }))

    await server.services.keys.create(principal, { name: 'Büild «日本語»', expiresInDays: null })
    await sql`insert into identities (issuer, subject, user_id) values ('https://id.example.com', 'ada|1', ${ada.id})`.execute(
      server.database.kysely,
    )
    await server.services.audit.record({
      action: 'key_created',
      actor: { kind: 'user', ...principal },
      origin: { ip: '2001:db8::1', clientName: 'my-extension/1.2.0' },
      userId: ada.id,
      details: { expiresInDays: null },
    })

    const disabled = await users.add('disabled@example.com', 0)
    await sessions.start(disabled, { method: 'email', clientName: null })
    await sessions.revokeAll(disabled.id)
    await users.update(disabled.id, { disabled: true })
    await users.add('unused@example.com')
    await imports.import([
      { email: 'moved@example.com', promptCount: 12, tokenCount: 3456, createdAt: '2021-05-06T07:08:09Z' },
    ])
    server.services.refusals.count('insufficient_quota')
    await server.services.refusals.flush()
    // To the microsecond, as PostgreSQL keeps it, beyond what a JavaScript Date can carry.
    await sql`update users set created_at = '2020-02-29T23:59:59.123456Z' where email = 'unused@example.com'`.execute(
      server.database.kysely,
    )
    return { email, token, retry: { key, body, answer: { currentPromptCount: 3, currentTokenCount: 777 } } }
  } finally {
    await server.close()
  }
}
