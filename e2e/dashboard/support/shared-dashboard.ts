import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Answer } from '../../../packages/server/test/support/test-server.ts'
import type { Promptmeter } from '../../support/promptmeter.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'

/** A server for all tests of a file, which use people and plans of their own; each has browsers of its own. */
export function shareDashboard(environment: Readonly<Record<string, string>> = {}): () => Dashboard {
  let dashboard: Dashboard | undefined
  beforeAll(async () => {
    dashboard = await openDashboard(environment)
  })
  afterEach(({ task }) => dashboard?.closePages(task.result?.state === 'fail'))
  afterAll(() => dashboard?.close(false))
  return () => {
    if (dashboard === undefined) throw new Error('the dashboard is open within tests alone')
    return dashboard
  }
}

export async function addUser(meter: Promptmeter, email: string, terms: object = {}): Promise<void> {
  await meter.admin('POST', '/api/admin/users', { email, ...terms })
}

/** The API key of the session that a member's browser holds, for calls as from an editor. */
export async function apiKeyOf(page: Page): Promise<string> {
  const answer = await page.request.get('/api/me')
  const { apiKey } = (await answer.json()) as { readonly apiKey: string }
  return apiKey
}

/** A call of the gateway, as an editor makes it. */
export function chat(meter: Promptmeter, apiKey: string, model = 'gpt-5-mini'): Promise<Answer> {
  return meter.as(apiKey, '/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello?' }] }),
  })
}
