import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { tokenInvalid } from '../promptmeter-error.ts'
import { looksLikeApiKey } from '../sessions/api-key.ts'
import type { CredentialVerifier } from '../sessions/credential-verifier.ts'
import type { Principal } from '../sessions/session.ts'
import { bearerOf } from './bearer.ts'
import type { BrowserCookie } from './browser-cookie.ts'
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
 * @param cookie taken instead where no `Authorization` is sent; left out, as for most routes, a cookie counts for nothing
 */
export function requirePrincipal(
  verifier: CredentialVerifier,
  { cookie }: { cookie?: BrowserCookie } = {},
): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      const principal = verifier.verify(credentialIn(cookie, request) ?? bearerOf(request))
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

/** @throws PromptmeterError `origin_refused`; `token_invalid` for what no cookie of a user holds */
function credentialIn(cookie: BrowserCookie | undefined, request: FastifyRequest): string | null {
  const credential = cookie?.insteadOfBearer(request) ?? null
  if (credential !== null && !looksLikeApiKey(credential)) throw tokenInvalid()
  return credential
}

/** The caller of a request that `requirePrincipal` let in. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (principal === null) throw new Error('this route does not require a principal')
  return principal
}
