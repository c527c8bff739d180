import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { CredentialVerifier } from '../sessions/credential-verifier.ts'
import type { Principal } from '../sessions/session.ts'
import { bearerOf } from './bearer.ts'
import type { HttpApp } from './http-app.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `requirePrincipal`; read it by `principalOf`. */
    principal: Principal | null
  }
}

/** Declares the field for every request at once, which is quicker than adding it to each. */
export function decoratePrincipal(app: HttpApp): void {
  app.decorateRequest('principal', null)
}

/**
 * Verifies the credential before the body is read. That its session still lives and its user may go on is asked of the
 * database by the statement that does the work.
 */
export function requirePrincipal(verifier: CredentialVerifier): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      const principal = verifier.verify(bearerOf(request))
      if (!(principal instanceof Promise)) {
        request.principal = principal
        return done()
      }
      principal.then((found) => {
        request.principal = found
        done()
      }, done)
    } catch (error) {
      done(error as Error)
    }
  }
}

/** The caller of a request that `requirePrincipal` let in. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (principal === null) throw new Error('this route does not require a principal')
  return principal
}
