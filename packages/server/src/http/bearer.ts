import type { FastifyRequest } from 'fastify'
import { PromptmeterError } from '../promptmeter-error.ts'

const BEARER = /^Bearer +([^\s]+) *$/i

/**
 * The credential of `Authorization: Bearer` (RFC 6750).
 * @throws PromptmeterError `token_missing` when the header is missing or malformed
 */
export function bearerOf({ headers: { authorization } }: FastifyRequest): string {
  const credential = authorization === undefined ? null : BEARER.exec(authorization)
  if (credential === null) {
    throw new PromptmeterError('token_missing', 'Send the session token as "Authorization: Bearer <token>".')
  }
  return credential[1] as string
}
