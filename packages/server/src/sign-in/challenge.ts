import { randomInt } from 'node:crypto'

/** How long a code counts. */
export const CODE_LIFETIME_MINUTES = 10

/** How often a code may be tried, right or wrong. */
export const MAX_TRIES = 5

/** Challenges of one address that may live at once, for one network. */
export const MAX_LIVE_CHALLENGES = 5

const CODE_DIGITS = 6

/** A code of six digits, each as likely as any other. */
export function randomCode(): string {
  return String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')
}

/** The six digits of what somebody typed or pasted, blanks and a dash forgiven; null when it is no code. */
export function normalizeCode(text: unknown): string | null {
  const digits = typeof text === 'string' ? text.replace(/[\s\u00a0-]/g, '') : ''
  return /^\d{6}$/.test(digits) ? digits : null
}
