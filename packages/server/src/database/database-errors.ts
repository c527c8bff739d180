/** The connection was lost after the commit was sent: nobody here knows whether it took effect. */
export class CommitUnknownError extends Error {
  constructor(cause: unknown) {
    super('the connection to the database was lost during a commit', { cause })
    this.name = 'CommitUnknownError'
  }
}

/** A start that cannot go on, told in one sentence that says what to do. */
export class StartupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartupError'
  }
}

// SQLSTATE classes and codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
const CONTENTION = new Set(['40001', '40P01', '55P03'])
const UNAVAILABLE = new Set(['25006', '55000', '25P03', '25P04', '57014', '57P01', '57P02', '57P03', '57P05'])
// 28, 3D and 55000: a server refuses the connection itself, as while its database is moved or its password changed.
const UNAVAILABLE_CLASSES = ['08', '28', '3D', '53', '58']

/** Errors that a server says goodbye with. */
const ENDS_SESSION = /^(?:08|57P|25P03|25P04)/

/** CockroachDB's and YugabyteDB's way to say that nobody knows whether the statement took effect. */
const COMPLETION_UNKNOWN = '40003'

const NETWORK_ERRORS = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** What Node calls it when a certificate is refused or the encryption fails. */
const TLS_FAILURE = /^(?:CERT_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/

// The driver gives these failures no code.
const DRIVER_MESSAGES = [
  'connection terminated',
  'connection error',
  'timeout exceeded when trying to connect',
  'query read timeout',
  'client was closed',
  'does not support ssl connections',
  'cannot use a pool after calling end',
  'pglite is closed',
  'pglite is closing',
]

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Rolled back because of what others did at the same time; the same transaction may well succeed now. */
export function isContention(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && CONTENTION.has(code)
}

/** The database cannot serve anybody just now; that is no fault of the statement. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof CommitUnknownError) return true
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isUnavailable)
  const code = codeOf(error)
  if (code === undefined) {
    const message = error instanceof Error ? error.message.toLowerCase() : ''
    return DRIVER_MESSAGES.some((part) => message.includes(part))
  }
  return (
    NETWORK_ERRORS.has(code) ||
    isTlsFailure(error) ||
    UNAVAILABLE.has(code) ||
    (hasSqlState(error) && UNAVAILABLE_CLASSES.some((prefix) => code.startsWith(prefix)))
  )
}

/** No connection comes about because one side does not trust, or does not understand, the other. */
export function isTlsFailure(error: unknown): boolean {
  return TLS_FAILURE.test(codeOf(error) ?? '')
}

/** True when the connection itself is gone, or is about to be. */
export function isConnectionLost(error: unknown): boolean {
  return isUnavailable(error) && (!hasSqlState(error) || ENDS_SESSION.test(codeOf(error) as string))
}

/**
 * True when the server itself undid the statement and said so. Class 08 is no such word: a pooler says it of a server
 * that it lost, and what became of the statement there it cannot know.
 */
export function isRolledBack(error: unknown): boolean {
  const code = codeOf(error)
  return hasSqlState(error) && !code?.startsWith('08') && code !== COMPLETION_UNKNOWN
}

/** True when the driver refused the statement because the connection had broken before: nothing was sent. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.includes('is not queryable')
}

/** True when the server answered with this error, so it knows what became of the statement. */
export function hasSqlState(error: unknown): boolean {
  return /^(?=.*\d)[0-9A-Z]{5}$/.test(codeOf(error) ?? '') && !NETWORK_ERRORS.has(codeOf(error) as string)
}

/** A row with this key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === '23505'
}

/** A row refers to one that is not there, or one that is referred to was to go. */
export function isForeignKeyViolation(error: unknown): boolean {
  return codeOf(error) === '23503'
}
