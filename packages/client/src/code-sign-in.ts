import { SignInError } from './errors.ts'
import { CLIENT_ID, discover, type OAuthServer, postForm, refusalOf, sessionTokenIn } from './oauth-server.ts'
import type { Transport } from './transport.ts'

/** A sign-in in the browser by code and PKCE (RFC 7636, RFC 9700), from its link to its session. */
export interface CodeSignIn {
  /** Where to send the user. */
  readonly url: string
  /**
   * Takes the address that the browser came back with, or its query.
   * @throws SignInError where it answers another sign-in, was refused, or the code does not count (any more)
   */
  redeem(answer: string | URL | URLSearchParams, signal?: AbortSignal): Promise<string>
  /**
   * Takes a code that the user copied from the page. Only whoever began this sign-in can redeem it, by the verifier.
   * @throws SignInError
   */
  redeemCode(code: string, signal?: AbortSignal): Promise<string>
}

export interface CodeSignInOptions {
  /** Where the browser leads back to; the page that shows the code to copy when left out. */
  readonly redirectUri?: string
  readonly signal?: AbortSignal
  /** What `discover` gave, to ask only once. */
  readonly server?: OAuthServer
}

/** @throws PromptmeterError */
export async function startCodeSignIn(
  { transport }: { readonly transport: Transport },
  options: CodeSignInOptions = {},
): Promise<CodeSignIn> {
  const server = options.server ?? (await discover(transport, options.signal))
  const redirectUri = options.redirectUri ?? new URL('/oauth/paste', server.issuer).href
  const verifier = randomText(32)
  const state = randomText(16)
  const url = new URL(server.authorization_endpoint)
  const parameters = {
    client_id: CLIENT_ID,
    response_type: 'code',
    redirect_uri: redirectUri,
    state,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)

  async function redeemCode(code: string, signal?: AbortSignal): Promise<string> {
    const form = {
      grant_type: 'authorization_code',
      code: code.trim(),
      code_verifier: verifier,
      redirect_uri: redirectUri,
    }
    return sessionTokenIn(await postForm(transport, server.token_endpoint, form, signal))
  }

  return {
    url: url.href,
    redeemCode,
    async redeem(answer, signal) {
      const query = queryOf(answer)
      // Before anything else is believed: an answer to somebody else's request must not end this one.
      if (query.get('state') !== state) {
        throw new SignInError('state_mismatch', 'This answer belongs to another sign-in. Begin anew.')
      }
      // The server always says who it is (RFC 9207).
      const issuer = query.get('iss')
      if (issuer !== server.issuer) {
        throw new SignInError(
          'issuer_mismatch',
          `This answer comes from another server: ${issuer ?? 'it does not say which'}.`,
        )
      }
      const error = query.get('error')
      if (error !== null) throw refusalOf({ error, error_description: query.get('error_description') })
      const code = query.get('code')
      if (code === null) throw new SignInError('code_missing', 'The browser came back without a code.')
      return redeemCode(code, signal)
    },
  }
}

function queryOf(answer: string | URL | URLSearchParams): URLSearchParams {
  if (answer instanceof URLSearchParams) return answer
  if (answer instanceof URL) return answer.searchParams
  return URL.canParse(answer) ? new URL(answer).searchParams : new URLSearchParams(answer)
}

function randomText(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)))
}

async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')
}
