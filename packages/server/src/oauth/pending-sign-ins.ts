import type { SignInMethod } from '@promptmeter/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import { clientNameOf } from './redirect-rules.ts'

/** A sign-in that an editor or a device began and its user has not finished. */
export interface PendingSignIn {
  readonly uid: string
  /** What asks for it, in words. */
  readonly client: string
  /** Where forms may end beside our own origin. */
  readonly formTarget: string | undefined
  readonly loginHint: string | undefined
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly clientId: string
  readonly scope: string | undefined
}

/** It is finished, has expired, or is not of this browser. */
export class SignInGone extends Error {
  constructor() {
    super('no such sign-in in this browser')
    this.name = 'SignInGone'
  }
}

export type PendingSignIns = ReturnType<typeof createPendingSignIns>

export function createPendingSignIns(provider: () => Provider) {
  return {
    /** The one this browser's cookie names, if the path names it too. @throws SignInGone */
    async find(request: FastifyRequest, reply: FastifyReply): Promise<PendingSignIn> {
      const { uid } = request.params as { uid: string }
      const interaction = await provider()
        .interactionDetails(request.raw, reply.raw)
        .catch((error: unknown) => {
          throw error instanceof errors.SessionNotFound ? new SignInGone() : error
        })
      if (interaction.uid !== uid) throw new SignInGone()
      const { redirect_uri, login_hint, client_id, scope } = interaction.params as Record<
        string,
        string | undefined
      >
      return {
        uid,
        client: clientNameOf(redirect_uri),
        formTarget: redirect_uri && /^https?:/.test(redirect_uri) ? new URL(redirect_uri).origin : undefined,
        loginHint: login_hint?.slice(0, 254),
        request,
        reply,
        clientId: client_id ?? '',
        scope,
      }
    },

    /** Grants what was asked for. Gives where the browser goes on. */
    async complete(
      { request, reply, clientId, scope }: PendingSignIn,
      userId: string,
      method: SignInMethod,
    ): Promise<string> {
      const grant = new (provider().Grant)({ accountId: userId, clientId })
      if (scope !== undefined) grant.addOIDCScope(scope)
      const grantId = await grant.save()
      return provider().interactionResult(request.raw, reply.raw, {
        login: { accountId: userId, amr: [method], remember: false },
        consent: { grantId },
      })
    },

    async cancel({ request, reply }: PendingSignIn): Promise<string> {
      return provider().interactionResult(
        request.raw,
        reply.raw,
        { error: 'access_denied', error_description: 'the user cancelled the sign-in' },
        { mergeWithLastSubmission: false },
      )
    },
  }
}
