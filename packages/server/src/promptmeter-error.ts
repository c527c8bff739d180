import type { ErrorCode } from '@promptmeter/contract'

/** A refusal that a caller is told of. Which HTTP status belongs to a code is the HTTP layer's business. */
export class PromptmeterError extends Error {
  readonly code: ErrorCode
  /** Whole seconds after which trying again makes sense, where it does. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(message, options)
    this.name = 'PromptmeterError'
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export const userNotFound = () => new PromptmeterError('user_not_found', 'User not found.')
export const userDisabled = () => new PromptmeterError('user_disabled', 'This user is disabled.')
export const tokenInvalid = () => new PromptmeterError('token_invalid', 'Invalid or expired token.')
export const nothingHere = () =>
  new PromptmeterError('not_found', 'Nothing is here. The API reference is at /docs.')
