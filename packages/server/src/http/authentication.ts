import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { CredentialVerifier } from '../sessions/credential-verifier.ts'
import type { Principal } from '../sessions/session.ts'
import { bearerOf } from './bearer.ts'

const principals = new WeakMap<FastifyRequest, Principal>()

/**
 * Verifies the credential before the body is read. That its session still lives and its user may go on is asked of the
 * database by the statement that does the work.
 */
export function requirePrincipal(verifier: CredentialVerifier): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      const principal = verifier.verify(bearerOf(request))
      if (!(principal instanceof Promise)) {
        principals.set(request, principal)
        return done()
      }
      principal.then((found) => {
        principals.set(request, found)
        done()
      }, done)
    } catch (error) {
      done(error as Error)
    }
  }
}

/** The caller of a request that `requirePrincipal` let in. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request)
  if (principal === undefined) throw new Error('this route does not require a principal')
  return principal
}
