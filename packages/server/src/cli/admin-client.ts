import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
import type { Connection } from './connection.ts'

export interface AdminRequest {
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** True when doing it twice does it once: then it is tried again while the server is away for a moment. */
  readonly repeatable?: boolean
}

/** The operator's API over HTTP. */
export interface AdminClient {
  /**
   * The body of the answer, null when it has none.
   * @throws CommandFailure when it is a refusal, or there is none
   */
  request<Response>(method: string, path: string, request?: AdminRequest): Promise<Response>
}

const TIMEOUT_MS = 60_000

/** Pauses before the next attempt of what is repeatable: enough for a server to be started anew. */
const RETRY_DELAYS_MS = [200, 500, 1000, 2000, 4000]

export function createAdminClient(connection: Connection): AdminClient {
  const { url } = connection

  const attempt = async (method: string, path: string, request: AdminRequest): Promise<unknown> => {
    const target = new URL(url + path)
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) target.searchParams.set(name, String(value))
    }
    const headers = headersOf(connection, request)
    const body = request.body === undefined ? null : JSON.stringify(request.body)
    let response: Response
    let text: string
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      response = await fetch(target, { method, headers, body, signal, redirect: 'manual' })
      text = await response.text()
    } catch (error) {
      throw unreachable(url, error)
    }
    if (response.status === 204) return null
    const answer = parseObject(text)
    if (answer === null || (!response.ok && typeof answer.code !== 'string')) {
      throw new CommandFailure(
        `What answers at ${url} is not Promptmeter (status ${response.status}). Say where it is with --url.`,
        response.status >= 500 ? EXIT_CODES.unreachable : EXIT_CODES.failure,
      )
    }
    if (!response.ok) throw refusal(response.status, answer, connection)
    return answer
  }

  return {
    async request<Response>(method: string, path: string, request: AdminRequest = {}): Promise<Response> {
      for (const delayMs of request.repeatable ? RETRY_DELAYS_MS : []) {
        try {
          return (await attempt(method, path, request)) as Response
        } catch (error) {
          const isAway = error instanceof CommandFailure && error.exitCode === EXIT_CODES.unreachable
          if (!isAway) throw error
          await sleep(delayMs)
        }
      }
      return (await attempt(method, path, request)) as Response
    },
  }
}

/** The key is looked at first: what `Headers` says of a value it does not take repeats the value. */
function headersOf({ adminKey, adminKeySource }: Connection, request: AdminRequest): Headers {
  if (!/^[\x21-\x7e]+$/.test(adminKey)) {
    throw new CommandFailure(
      `The admin key from ${adminKeySource} has characters that no header can carry.`,
      EXIT_CODES.refused,
    )
  }
  const headers = new Headers(request.headers)
  headers.set('authorization', `Bearer ${adminKey}`)
  if (request.body !== undefined) headers.set('content-type', 'application/json')
  return headers
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

function unreachable(url: string, error: unknown): CommandFailure {
  const { name, cause } = error as Error & { cause?: { code?: string } }
  const reason = name === 'TimeoutError' ? 'no answer' : (cause?.code ?? 'no connection')
  return new CommandFailure(
    `Cannot reach Promptmeter at ${url} (${reason}). Start it with: npm start\n` +
      'If it runs elsewhere, say where with --url, or set HOST and PORT.',
    EXIT_CODES.unreachable,
  )
}

function refusal(status: number, answer: Record<string, unknown>, connection: Connection): CommandFailure {
  const code = String(answer.code)
  const message = String(answer.error)
  if (code === 'admin_key_invalid' || code === 'token_missing') {
    return new CommandFailure(
      `The server at ${connection.url} refused the admin key from ${connection.adminKeySource}. ` +
        'Set ADMIN_KEY to the key of that server.',
      EXIT_CODES.refused,
      code,
    )
  }
  if (code === 'admin_disabled') {
    return new CommandFailure(
      `${message} Set it where the server runs, and start the server again.`,
      EXIT_CODES.refused,
      code,
    )
  }
  const exitCodes: Record<number, number> = {
    401: EXIT_CODES.refused,
    403: EXIT_CODES.refused,
    404: EXIT_CODES.notFound,
    503: EXIT_CODES.unreachable,
  }
  return new CommandFailure(message, exitCodes[status], code)
}
