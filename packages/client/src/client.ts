import { SignInRequiredError } from './errors.ts'
import { readSessionToken } from './session-token.ts'
import { createTransport, type Transport, type TransportOptions } from './transport.ts'
import type {
  BatchEvent,
  BatchResult,
  CreatedKey,
  Key,
  Me,
  RenewedSession,
  Session,
  UsageCounts,
  UsageEvent,
  UsageHistory,
  UsageQuery,
} from './wire-types.ts'

export interface ClientOptions extends TransportOptions {
  /** Who counts: an extension and its version, such as `my-extension/1.2.0`. Goes along with all usage. */
  readonly source?: string
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface TrackOptions extends CallOptions {
  /** Names the event for ever; made anew for each call when left out. */
  readonly idempotencyKey?: string
}

export interface BatchOptions extends CallOptions {
  readonly maxRetries?: number
  /** Instead of the client's own. */
  readonly token?: string
}

/** A session, or a code on its way to the address. */
export type SignUpResult = { readonly sessionToken: string } | { readonly challengeId: string }

export interface OpenAIOptions {
  readonly baseURL: string
  /** Asked at each request, so that a renewed session is used at once. */
  readonly apiKey: () => Promise<string>
  readonly defaultHeaders: Record<string, string>
}

/** One server, as one user. Every method throws `PromptmeterError`, or the reason of the signal that ended it. */
export interface PromptmeterClient {
  readonly serverUrl: string
  readonly source: string | undefined
  readonly transport: Transport
  /** Begins a sign-in by address alone, or by a mailed code. Not tried again: a second try would send a second mail. */
  signUp(email: string, options?: CallOptions): Promise<SignUpResult>
  /** Ends a sign-in by a mailed code. Not tried again: a code counts once. */
  verify(
    challenge: { challengeId: string; code: string },
    options?: CallOptions,
  ): Promise<{ sessionToken: string }>
  /** Counts. Tried again under one idempotency key, so that it counts once whatever the network does. */
  trackUsage(event: UsageEvent, options?: TrackOptions): Promise<UsageCounts>
  /** Counts up to 1,000 events in their order; each has a result of its own. */
  trackUsageBatch(events: readonly BatchEvent[], options?: BatchOptions): Promise<BatchResult[]>
  /** The user with counts and every limit. */
  me(options?: CallOptions): Promise<Me>
  usage(query?: UsageQuery, options?: CallOptions): Promise<UsageHistory>
  /** Models that the user may call through the gateway. */
  models(options?: CallOptions): Promise<{ id: string }[]>
  readonly sessions: {
    list(options?: CallOptions): Promise<Session[]>
    revoke(id: string, options?: CallOptions): Promise<void>
    /** Signs out everywhere but here; gives how many sessions ended. */
    revokeOthers(options?: CallOptions): Promise<number>
  }
  readonly keys: {
    list(options?: CallOptions): Promise<Key[]>
    create(key: { name: string; expiresInDays?: number | null }, options?: CallOptions): Promise<CreatedKey>
    revoke(id: string, options?: CallOptions): Promise<void>
  }
  /** A fresh token of the same session. Several windows may renew at once. */
  renew(options?: CallOptions): Promise<RenewedSession>
  /** Ends the session of the token. A session that is over already is no error. */
  signOut(options?: CallOptions): Promise<void>
  /** For `new OpenAI(client.openaiOptions())`: the gateway, with the user's token instead of a key of OpenAI's. */
  openaiOptions(): OpenAIOptions
}

export function createClient(options: ClientOptions): PromptmeterClient {
  const transport = createTransport(options)
  const { source } = options
  const own = (event: UsageEvent): UsageEvent => ({ ...(source !== undefined && { source }), ...event })
  const post = <T>(path: string, body: unknown, { signal }: CallOptions, authenticated = true) =>
    transport.json<T>(path, { method: 'POST', body, signal, ...(!authenticated && { token: null }) })
  const remove = <T = void>(path: string, { signal }: CallOptions) =>
    transport.json<T>(path, { method: 'DELETE', signal })

  return {
    serverUrl: transport.serverUrl,
    source,
    transport,
    async signUp(email, call = {}) {
      const answer = await post<Record<string, string>>('/signup', { email }, call, false)
      const { sessionToken, challengeId } = answer
      return sessionToken === undefined ? { challengeId: challengeId as string } : { sessionToken }
    },
    async verify({ challengeId, code }, call = {}) {
      const body = { challengeId, code }
      const { sessionToken } = await post<{ sessionToken: string }>('/signup/verify', body, call, false)
      return { sessionToken }
    },
    trackUsage: (event, { signal, idempotencyKey = crypto.randomUUID() } = {}) =>
      transport.json('/trackUsage', {
        method: 'POST',
        body: own(event),
        headers: { 'idempotency-key': quoted(idempotencyKey) },
        repeatable: true,
        signal,
      }),
    async trackUsageBatch(events, { signal, maxRetries, token } = {}) {
      const { results } = await transport.json<{ results: BatchResult[] }>('/trackUsage/batch', {
        method: 'POST',
        body: { events: events.map((event) => own(event)) },
        repeatable: true,
        signal,
        ...(maxRetries !== undefined && { maxRetries }),
        ...(token !== undefined && { token }),
      })
      return results
    },
    me: ({ signal } = {}) => transport.json('/api/me', { signal }),
    usage(query = {}, { signal } = {}) {
      const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined))
      return transport.json(`/api/me/usage?${parameters}`, { signal })
    },
    async models({ signal } = {}) {
      return (await transport.json<{ data: { id: string }[] }>('/v1/models', { signal })).data
    },
    sessions: {
      async list({ signal } = {}) {
        return (await transport.json<{ sessions: Session[] }>('/api/me/sessions', { signal })).sessions
      },
      revoke: (id, call = {}) => remove(`/api/me/sessions/${encodeURIComponent(id)}`, call),
      async revokeOthers(call = {}) {
        return (await remove<{ revoked: number }>('/api/me/sessions?keepCurrent=true', call)).revoked
      },
    },
    keys: {
      async list({ signal } = {}) {
        return (await transport.json<{ keys: Key[] }>('/api/me/keys', { signal })).keys
      },
      create: (key, call = {}) => post('/api/me/keys', key, call),
      revoke: (id, call = {}) => remove(`/api/me/keys/${encodeURIComponent(id)}`, call),
    },
    renew: ({ signal } = {}) =>
      transport.json('/api/session/renew', { method: 'POST', repeatable: true, signal }),
    async signOut(call = {}) {
      const claims = readSessionToken((await transport.token()) ?? '')
      if (claims === null) return
      try {
        await remove(`/api/me/sessions/${claims.sessionId}`, call)
      } catch (error) {
        if (!(error instanceof SignInRequiredError)) throw error
      }
    },
    openaiOptions: () => ({
      baseURL: `${transport.serverUrl}/v1`,
      async apiKey() {
        const token = await transport.token()
        if (token === null) throw new SignInRequiredError('token_missing', 'Sign in first.')
        return token
      },
      defaultHeaders: source === undefined ? {} : { 'x-promptmeter-source': source },
    }),
  }
}

/** As the IETF draft has it: a structured-field string (RFC 8941). */
function quoted(key: string): string {
  return `"${key.replace(/["\\]/g, '\\$&')}"`
}
