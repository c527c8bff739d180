/** What may be said of a mail that did not go out. Nodemailer's messages repeat commands, answers and addresses. */
export interface SmtpFailure {
  /** Nodemailer's name for it, such as `ECONNECTION`. */
  readonly code: string | undefined
  /** What the server answered, such as 550. */
  readonly responseCode: number | undefined
  /** Whether the same mail may go out later. */
  readonly temporary: boolean
}

/** Failures on the way to an answer. Nothing else without an answer gets better by waiting. */
const TEMPORARY = new Set([
  'ECONNECTION',
  'ETIMEDOUT',
  'ESOCKET',
  'EDNS',
  'ETLS',
  'EPROTOCOL',
  'ESTREAM',
  'EABORT',
])

export function smtpFailureFrom(error: unknown): SmtpFailure {
  const said = error instanceof Error ? (error as Error & { code?: unknown; responseCode?: unknown }) : {}
  const code =
    'code' in said && typeof said.code === 'string' && /^[A-Z_]{1,40}$/.test(said.code)
      ? said.code
      : undefined
  const responseCode =
    'responseCode' in said && Number.isInteger(said.responseCode) ? Number(said.responseCode) : undefined
  const temporary =
    responseCode === undefined
      ? code !== undefined && TEMPORARY.has(code)
      : // RFC 5321, 4.2.1: 4yz may succeed later, 5yz will not.
        responseCode < 500
  return { code, responseCode, temporary }
}
