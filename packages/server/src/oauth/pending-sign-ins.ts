import type { SignInMethod } from '@promptmeter/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import { signInGone } from './answer-page.ts'
import { API_SCOPE } from './oauth-terms.ts'
import { clientNameOf } from './redirect-rules.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** A sign-in that an editor or a device began and its user has not finished. */
export interface PendingSignIn {
  readonly uid: string
  /** What asks for it, in words. */
  readonly client: string
  /** Where forms may end beside our own origin. */
  readonly formTarget: string | undefined
  readonly loginHint: string | undefined
  readonly clientId: string
  readonly interaction: Interaction
}

export type PendingSignIns = ReturnType<typeof createPendingSignIns>

export function createPendingSignIns(provider: () => Promise<Provider>) {
  return {
    /** The one this browser's cookie names, if the path names it too. @throws PromptmeterError `invalid_request` */
    async find(request: FastifyRequest, reply: FastifyReply): Promise<PendingSignIn> {
      const { uid } = request.params as { uid: string }
      const server = await provider()
      const interaction = await server.interactionDetails(request.raw, reply.raw).catch((error: unknown) => {
        throw error instanceof Error && error.name === 'SessionNotFound' ? signInGone() : error
      })
      if (interaction.uid !== uid) throw signInGone()
      const { redirect_uri, login_hint, client_id } = interaction.params as Record<string, string | undefined>
      return {
        uid,
        client: clientNameOf(redirect_uri),
        formTarget: redirect_uri && /^https?:/.test(redirect_uri) ? new URL(redirect_uri).origin : undefined,
        loginHint: login_hint?.slice(0, 254),
        clientId: client_id ?? '',
        interaction,
      }
    },

    /** Grants a session, and what else was asked for that we know. Gives where the browser goes on. */
    async complete(
      { interaction, clientId }: PendingSignIn,
      userId: string,
      method: SignInMethod,
    ): Promise<string> {
      const asked = String(interaction.params.scope ?? '').split(' ')
      const scope = asked.includes('openid') ? `openid ${API_SCOPE}` : API_SCOPE
      const { Grant } = await provider()
      const grant = new Grant({ accountId: userId, clientId })
      grant.addOIDCScope(scope)
      interaction.params.scope = scope
      interaction.result = {
        login: { accountId: userId, amr: [method], remember: false },
        consent: { grantId: await grant.save() },
      }
      return saved(interaction)
    },

    cancel({ interaction }: PendingSignIn): Promise<string> {
      interaction.result = { error: 'access_denied', error_description: 'the user cancelled the sign-in' }
      return saved(interaction)
    },
  }
}

async function saved(interaction: Interaction): Promise<string> {
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000))
  return interaction.returnTo
}
