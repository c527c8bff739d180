import type { FastifyRequest } from 'fastify'
import { PromptmeterError } from '../promptmeter-error.ts'

const BEARER = /^Bearer +([^\s]+) *$/i

/**
 * The credential of `Authorization: Bearer` (RFC 6750).
 * @param name what is wanted, for the sentence of the refusal
 * @throws PromptmeterError `token_missing` when the header is missing or malformed
 */
export function bearerOf({ headers: { authorization } }: FastifyRequest, name = 'session token'): string {
  const credential = authorization === undefined ? null : BEARER.exec(authorization)
  if (credential === null) {
    throw new PromptmeterError('token_missing', `Send the ${name} as "Authorization: Bearer <${name}>".`)
  }
  return credential[1] as string
}
