import type { SignInMethod } from '@promptmeter/contract'
import { ChallengeResponse, SignUpRequest, SignUpResponse, VerifyRequest } from '@promptmeter/contract'
import { BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { originOf } from '../http/request-origin.ts'
import type { SignUpService } from './sign-up-service.ts'

export function signUpRoutes(app: HttpApp, signUp: SignUpService, ways: readonly SignInMethod[]): void {
  const answer = ways.includes('trusted')
    ? { 200: { ...SignUpResponse, description: 'The user is signed in' } }
    : { 202: { ...ChallengeResponse, description: 'A code is on its way, if this address can sign in here' } }

  app.post(
    '/signup',
    {
      config: { invalidCode: 'email_required' },
      schema: {
        tags: ['Sign-in'],
        summary: 'Authenticate a user',
        description:
          'With `SIGN_IN=trusted`: a session token for a known address. With `email` among the ways: 202 for every valid ' +
          'address, known or not, and a code by mail for `POST /signup/verify`. Otherwise 403 `sign_in_elsewhere`. ' +
          'Addresses are trimmed and compared without regard to case.',
        operationId: 'signUp',
        security: [],
        body: SignUpRequest,
        response: {
          ...answer,
          ...errorResponses(
            BODY_ERRORS,
            'email_required',
            'email_invalid',
            'user_disabled',
            'user_not_found',
            'sign_in_elsewhere',
            'too_many_attempts',
          ),
        },
      },
      // The service says what is wrong with an address, in the contract's words.
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const body = request.body as { email?: unknown } | null | undefined
      const outcome = await signUp.signUp(body?.email, originOf(request))
      if (outcome.kind === 'session')
        return { message: 'User signed up successfully', sessionToken: outcome.sessionToken }
      reply.code(202 as 200)
      return { message: 'Check your email', challengeId: outcome.challengeId } as never
    },
  )

  app.post(
    '/signup/verify',
    {
      schema: {
        tags: ['Sign-in'],
        summary: 'Sign in with a code that came by mail',
        description:
          'A code counts for 10 minutes, once, for the challenge it was sent for, and may be tried five times. Wrong, used ' +
          'and expired codes are refused alike.',
        operationId: 'verifySignUp',
        security: [],
        body: VerifyRequest,
        response: {
          200: { ...SignUpResponse, description: 'The user is signed in' },
          ...errorResponses(
            BODY_ERRORS,
            'code_invalid',
            'user_disabled',
            'user_not_found',
            'sign_in_elsewhere',
            'too_many_attempts',
          ),
        },
      },
    },
    async (request) => {
      const { challengeId, code } = request.body
      const sessionToken = await signUp.verify(challengeId, code, originOf(request))
      return { message: 'User signed up successfully', sessionToken }
    },
  )
}
