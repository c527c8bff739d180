import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import OpenAI, { type ClientOptions } from 'openai'
import type { Engine } from '../../src/database/database.ts'
import { admin } from './admin-requests.ts'
import { getMe } from './requests.ts'
import { type ScriptedUpstream, startUpstream, UPSTREAM_KEY } from './scripted-upstream.ts'
import { startTestApp, type TestApp, type TestAppOptions } from './test-app.ts'

/** A server that listens, an upstream behind it, and clients of OpenAI's in front. */
export interface TestGateway {
  readonly server: TestApp
  readonly upstream: ScriptedUpstream
  readonly url: string
  /** A new user with these limits; gives a session token. */
  signUp(terms?: UserTerms): Promise<string>
  /** The official client, which tries nothing again unless told to. */
  openai(token: string, options?: ClientOptions): OpenAI
  post(path: string, token: string, body: unknown, init?: RequestInit): Promise<Response>
  /** What `/api/me` says. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  me(token: string): Promise<any>
  /** Every event of the user, in order. */
  events(token: string): Promise<GatewayEvent[]>
  /** The same once no call is under way any more. @throws Error when one has left its hold behind */
  settled(token: string): Promise<GatewayEvent[]>
  /** Holds of the user that are still there, expired or not. */
  holds(token: string): Promise<number>
  close(): Promise<void>
}

export interface UserTerms {
  readonly threshold?: number | null
  readonly overrides?: object
  readonly plan?: string
}

export interface GatewayEvent {
  readonly kind: string
  readonly prompts: number
  readonly tokens: number
  readonly cost: number
  readonly model: string | null
  readonly source: string | null
  readonly input: number | null
  readonly cached: number | null
  readonly output: number | null
  readonly reasoning: number | null
  readonly estimated: boolean
  readonly key: string | null
}

export interface TestGatewayOptions extends TestAppOptions {
  readonly upstream?: ScriptedUpstream
}

let addresses = 0

export async function startTestGateway(
  engine: Engine,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const upstream = options.upstream ?? (await startUpstream())
  const server = await startTestApp(engine, {
    ...options,
    environment: { API_KEY: UPSTREAM_KEY, UPSTREAM_URL: upstream.url, ...options.environment },
  })
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`

  const me = async (token: string) => (await getMe(server, token)).json()
  const gateway: TestGateway = {
    server,
    upstream,
    url,
    async signUp({ threshold, overrides, plan } = {}) {
      const email = `gateway-${process.pid}-${++addresses}@example.com`
      const { id } = (await admin(server, 'POST', '', { email })).json()
      const changes = { threshold: threshold === undefined ? 1_000_000 : threshold, overrides, plan }
      const changed = await admin(server, 'PATCH', `/${id}`, changes)
      if (changed.statusCode !== 200) throw new Error(changed.body)
      return server.signUp(email)
    },
    openai: (token, clientOptions = {}) =>
      new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, ...clientOptions }),
    post: (path, token, body, init = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: toBody(body),
        ...init,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(init.headers as Record<string, string>),
        },
      }),
    me,
    async events(token) {
      const { id } = await me(token)
      const { rows } = await sql<GatewayEvent>`
        select kind, prompts, tokens, cost_micros as cost, model, source, input_tokens as input,
          cached_input_tokens as cached, output_tokens as output, reasoning_tokens as reasoning, estimated,
          idempotency_key as key
        from usage_events where user_id = ${id} order by seq`.execute(server.database.kysely)
      return rows
    },
    async settled(token) {
      await until(() => server.services.gateway.underWay === 0, 'no call is under way')
      if ((await gateway.holds(token)) > 0) throw new Error('a call has left its hold behind')
      return gateway.events(token)
    },
    async holds(token) {
      const { id } = await me(token)
      const { rows } = await sql<{ holds: number }>`
        select count(*)::int as holds from holds where user_id = ${id}`.execute(server.database.kysely)
      return rows[0]?.holds ?? 0
    },
    async close() {
      // A test that failed may have left calls under way, and answers that nobody reads.
      await server.services.gateway.drain(0)
      server.app.server.closeAllConnections()
      await server.close()
      if (options.upstream === undefined) await upstream.close()
    },
  }
  return gateway
}

/** Text and bytes as they are, anything else as JSON. */
export function toBody(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body)
  return typeof body === 'string' ? body : JSON.stringify(body)
}

/** Resolves once `check` gives true; what it looks at is changed by something that the test cannot wait for itself. */
export async function until(check: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export const MESSAGES = [{ role: 'user' as const, content: 'Say hello to the whole world, please.' }]
