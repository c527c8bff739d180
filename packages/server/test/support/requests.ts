import type { LightMyRequestResponse } from 'fastify'
import type { TestApp } from './test-app.ts'

export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` })

/** Asks to sign in with this body; text is sent as it is. */
export function postSignUp(
  server: TestApp,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return server.request({
    method: 'POST',
    url: '/signup',
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** Posts a batch of events. */
export function trackBatch(server: TestApp, token: string, events: unknown): Promise<LightMyRequestResponse> {
  return server.request({
    method: 'POST',
    url: '/trackUsage/batch',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    payload: JSON.stringify({ events }),
  })
}

export function getMe(server: TestApp, credential: string): Promise<LightMyRequestResponse> {
  return server.request({ url: '/api/me', headers: bearer(credential) })
}

/** What the server says the user has used. */
export async function countsOf(
  server: TestApp,
  credential: string,
): Promise<{ prompts: number; tokens: number }> {
  const { promptCount, tokenCount } = (await getMe(server, credential)).json()
  return { prompts: promptCount, tokens: tokenCount }
}
