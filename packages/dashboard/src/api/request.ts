import type { ErrorCode, ErrorResponse } from '@promptmeter/contract'

/** What the server refused, in its own words; `unreachable` when it did not answer at all. */
export class ApiError extends Error {
  readonly code: ErrorCode | 'unreachable'
  readonly status: number

  constructor(code: ErrorCode | 'unreachable', message: string, status: number) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = status
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface RequestParts {
  readonly query?: Query
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * Asks the server that this page came from, as whoever its cookie says.
 * @returns the body of the answer; undefined where it has none
 * @throws ApiError
 */
export async function request<Answer>(
  method: string,
  path: string,
  parts: RequestParts = {},
): Promise<Answer> {
  const { body, headers, signal } = parts
  let response: Response
  let text: string
  try {
    response = await fetch(addressOf(path, parts.query), {
      method,
      credentials: 'same-origin',
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    })
    text = await response.text()
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError('unreachable', 'The server cannot be reached. Is it running?', 0)
  }
  const answer = text === '' ? undefined : parse(text)
  if (response.ok) return answer as Answer
  const { code = 'internal_error', error = `The server answered ${response.status}.` } = (answer ??
    {}) as Partial<ErrorResponse>
  throw new ApiError(code, error, response.status)
}

/** The path with a query of all that is set. */
export function addressOf(path: string, query: Query = {}): string {
  const set = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  if (set.length === 0) return path
  return `${path}?${new URLSearchParams(set.map(([name, value]): [string, string] => [name, String(value)]))}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
