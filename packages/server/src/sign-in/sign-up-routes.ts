import { SignUpRequest, SignUpResponse } from '@promptmeter/contract'
import { BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { SignUpService } from './sign-up-service.ts'

/** Longest client name kept, in characters. */
const MAX_CLIENT_NAME_LENGTH = 200

export function signUpRoutes(app: HttpApp, signUp: SignUpService): void {
  app.post(
    '/signup',
    {
      config: { invalidCode: 'email_required' },
      schema: {
        tags: ['Sign-in'],
        summary: 'Authenticate a user',
        description:
          'Returns a session token for a known address. Addresses are trimmed and compared without regard to case.',
        operationId: 'signUp',
        security: [],
        body: SignUpRequest,
        response: {
          200: { ...SignUpResponse, description: 'The user is signed in' },
          ...errorResponses(
            BODY_ERRORS,
            'email_required',
            'email_invalid',
            'user_disabled',
            'user_not_found',
          ),
        },
      },
      // The service says what is wrong with an address, in the contract's words.
      validatorCompiler: () => () => true,
    },
    async (request) => {
      const body = request.body as { email?: unknown } | null | undefined
      const sessionToken = await signUp.signUp(body?.email, clientNameOf(request.headers['user-agent']))
      return { message: 'User signed up successfully', sessionToken }
    },
  )
}

function clientNameOf(userAgent: string | undefined): string | null {
  const name = userAgent?.replace(/[^\x20-\x7e]/g, '').slice(0, MAX_CLIENT_NAME_LENGTH)
  return name || null
}
