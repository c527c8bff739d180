const PREFIX = 'po_'
const SECRET = /^po_[\w-]{43}$/

/** How long a browser that followed a link is the operator's, in seconds. */
export const OPERATOR_SESSION_SECONDS = 12 * 60 * 60

/** How long a link may be followed, in seconds. */
export const OPERATOR_LINK_SECONDS = 60 * 60

/** A link that opens the dashboard as the operator, once. */
export interface OperatorLink {
  /** The one place where it is ever told. */
  readonly secret: string
  readonly expiresAt: Date
}

export function formatOperatorSecret(random: string): string {
  return PREFIX + random
}

/** Whether it has the form of an operator's session: no session or key of a user has. */
export function looksLikeOperatorSession(credential: string): boolean {
  return SECRET.test(credential)
}

/** @param origin at which people reach this server, without a slash at the end */
export function operatorLinkUrl(origin: string, secret: string): string {
  return `${origin}/sign-in/link?secret=${secret}`
}
