import type { SignInMethod } from '@promptmeter/contract'
import type Provider from 'oidc-provider'
import { signInGone } from './answer-page.ts'
import { API_SCOPE } from './oauth-terms.ts'
import type { PendingSignIns } from './pending-sign-ins.ts'
import { clientNameOf } from './redirect-rules.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** Sign-ins that editors and devices began, as the OAuth library keeps them. */
export function createEditorSignIns(provider: () => Promise<Provider>): PendingSignIns {
  /** Grants a session, and what else was asked for that we know. */
  const complete = async (
    interaction: Interaction,
    clientId: string,
    userId: string,
    method: SignInMethod,
  ): Promise<string> => {
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
  }

  return {
    async find(request, reply) {
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
        complete: (user, method) => complete(interaction, client_id ?? '', user.id, method),
        cancel() {
          interaction.result = { error: 'access_denied', error_description: 'the user cancelled the sign-in' }
          return saved(interaction)
        },
      }
    },
  }
}

async function saved(interaction: Interaction): Promise<string> {
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000))
  return interaction.returnTo
}
