import type { LightMyRequestResponse } from 'fastify'
import { sql } from 'kysely'
import type { Database } from '../../src/database/database.ts'
import { bearer } from './requests.ts'
import type { TestApp } from './test-app.ts'

/** Asks as a user, with a session token or an API key. */
export function ask(
  server: TestApp,
  credential: string,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  body?: object,
): Promise<LightMyRequestResponse> {
  return server.request({
    method,
    url,
    headers: { ...bearer(credential), 'user-agent': 'a test' },
    ...(body && { payload: body }),
  })
}

export interface MadeKey {
  readonly id: string
  readonly apiKey: string
}

export async function makeKey(server: TestApp, token: string, name = 'a key'): Promise<MadeKey> {
  return (await ask(server, token, 'POST', '/api/me/keys', { name })).json()
}

/** Moves a session back in time, as if so many days had passed. */
export async function ageSession({ kysely }: Database, sessionId: string, days: number): Promise<void> {
  await sql`update sessions set created_at = created_at - make_interval(days => ${days}::int),
    expires_at = expires_at - make_interval(days => ${days}::int) where id = ${sessionId}`.execute(kysely)
}
