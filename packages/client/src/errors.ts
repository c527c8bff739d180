import type { ErrorCode, LimitStanding } from './wire-types.ts'

/** Codes of what happened on this side of the network. */
export type ClientErrorCode =
  | 'network_error'
  | 'timeout'
  | 'unexpected_answer'
  | 'invalid_server_url'
  | 'queue_full'
  | 'sign_in_failed'

/** Every failure of this package. Show `message`, switch on `code`. */
export class PromptmeterError extends Error {
  override readonly name: string = 'PromptmeterError'
  readonly code: ErrorCode | ClientErrorCode
  /** The HTTP status; undefined where nothing was answered. */
  readonly status: number | undefined
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** Names the request in the log of the server. */
  readonly requestId: string | undefined

  constructor(code: ErrorCode | ClientErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.status = details.status
    this.retryAfterMs = details.retryAfterMs
    this.requestId = details.requestId
  }
}

export interface ErrorDetails {
  readonly status?: number | undefined
  readonly retryAfterMs?: number | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

/** A limit of the user's plan is reached: nothing was sent to the AI provider, nothing was counted. */
export class LimitReachedError extends PromptmeterError {
  override readonly name = 'LimitReachedError'
  readonly limit: LimitStanding
  /** Null where it never resets by itself. */
  readonly resetsAt: Date | null
  /** Where the user can get more; null where the operator named no place. */
  readonly upgradeUrl: string | null

  constructor(message: string, limit: LimitStanding, upgradeUrl: string | null, details: ErrorDetails = {}) {
    super('insufficient_quota', message, details)
    this.limit = limit
    this.resetsAt = limit.resetsAt === null ? null : new Date(limit.resetsAt)
    this.upgradeUrl = upgradeUrl
  }
}

/** Nobody is signed in, or the session is over: sign in, then try again. */
export class SignInRequiredError extends PromptmeterError {
  override readonly name = 'SignInRequiredError'
}

/** Nothing came back: the server cannot be reached, or did not answer in time. */
export class NetworkError extends PromptmeterError {
  override readonly name = 'NetworkError'
}

/** A sign-in that did not end in a session. `reason` is the OAuth error, such as `access_denied` or `expired_token`. */
export class SignInError extends PromptmeterError {
  override readonly name = 'SignInError'
  readonly reason: string

  constructor(reason: string, message: string, details: ErrorDetails = {}) {
    super('sign_in_failed', message, details)
    this.reason = reason
  }
}

const SIGN_IN_CODES: readonly string[] = ['token_missing', 'token_invalid', 'user_not_found']

/** The error that an answer of the server tells of; fields of `body` that do not fit are not believed. */
export function errorFromAnswer(status: number, body: unknown, details: ErrorDetails = {}): PromptmeterError {
  const more = { ...details, status }
  const outer = recordOf(body)
  // The gateway answers as OpenAI does: the sentence and what belongs to it one level down.
  const inner = recordOf(outer?.error) ?? outer
  const code = inner?.code ?? outer?.code
  const message = inner?.message ?? outer?.error
  if (typeof code !== 'string' || typeof message !== 'string') {
    return new PromptmeterError(
      'unexpected_answer',
      `The server answered ${status} in a way that is not Promptmeter's. Is the address right?`,
      more,
    )
  }
  const limit = recordOf(inner?.limit)
  if (code === 'insufficient_quota' && limit !== undefined) {
    const { upgradeUrl } = inner ?? {}
    return new LimitReachedError(
      message,
      limit as unknown as LimitStanding,
      typeof upgradeUrl === 'string' ? upgradeUrl : null,
      more,
    )
  }
  const known = code as ErrorCode
  if (SIGN_IN_CODES.includes(code)) return new SignInRequiredError(known, message, more)
  return new PromptmeterError(known, message, more)
}

/**
 * What an error thrown by the `openai` package says of Promptmeter, as one of ours; null for an error that the gateway did
 * not answer with.
 */
export function fromOpenAIError(error: unknown): PromptmeterError | null {
  const thrown = recordOf(error)
  if (thrown === undefined || typeof thrown.status !== 'number') return null
  // So does the gateway mark what it only passes on.
  if (thrown.headers instanceof Headers && thrown.headers.has('x-upstream-status')) return null
  const answered = errorFromAnswer(thrown.status, { error: thrown.error }, { cause: error })
  return answered.code === 'unexpected_answer' ? null : answered
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}
