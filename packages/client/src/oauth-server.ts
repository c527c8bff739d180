import { type ErrorDetails, PromptmeterError, SignInError } from './errors.ts'
import { readJson, type Transport } from './transport.ts'

/** The one client that the server knows; it is public and has no secret. */
export const CLIENT_ID = 'editor'

/** What the server says of itself (RFC 8414), as far as editors need it. */
export interface OAuthServer {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly device_authorization_endpoint: string
  /** Schemes of editors that a sign-in may lead back to, such as `vscode`. */
  readonly promptmeter_redirect_schemes?: readonly string[]
  /** Origins of editors in a browser that a sign-in may lead back to. */
  readonly promptmeter_redirect_origins?: readonly string[]
}

/** @throws PromptmeterError */
export async function discover(transport: Transport, signal?: AbortSignal): Promise<OAuthServer> {
  const server = await transport.json<Partial<OAuthServer> | null>(
    '/.well-known/oauth-authorization-server',
    { token: null, signal },
  )
  if (server !== null && NEEDED.every((name) => isAddress(server[name]))) return server as OAuthServer
  throw new PromptmeterError(
    'unexpected_answer',
    `${transport.serverUrl} does not say how to sign in. Is the address right?`,
  )
}

const NEEDED = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'device_authorization_endpoint',
] as const satisfies (keyof OAuthServer)[]

/** Some are opened in a browser: nothing but the web may come of them. */
function isAddress(url: unknown): boolean {
  return typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}

/** What a token or device endpoint answers, as far as it fits. */
export interface OAuthAnswer {
  readonly error?: string
  readonly [name: string]: unknown
}

/**
 * Sends a form to an endpoint and gives what it answers, a refusal among it. The path alone is taken from what the server
 * says of itself: tokens go to the address that the caller named and nowhere else.
 * @throws NetworkError; SignInError with its status for what is no answer of OAuth's, or a server that fails
 */
export async function postForm(
  transport: Transport,
  endpoint: string,
  form: Record<string, string>,
  signal?: AbortSignal,
): Promise<OAuthAnswer> {
  const body = new URLSearchParams({ client_id: CLIENT_ID, ...form })
  const path = pathBelow(transport.serverUrl, endpoint)
  const response = await transport.send(path, { method: 'POST', body, token: null, signal })
  const answer = await readJson(response)
  if (typeof answer === 'object' && answer !== null) {
    const told = answer as OAuthAnswer
    // The code was taken: the one failure after which asking again is of no use.
    if (response.status < 500 || told.error === 'temporarily_unavailable') return told
    throw refusalOf(told, { status: response.status })
  }
  throw new SignInError('server_error', `The server answered ${response.status} to the sign-in.`, {
    status: response.status,
  })
}

function pathBelow(serverUrl: string, endpoint: string): string {
  const { pathname } = new URL(endpoint)
  const own = new URL(serverUrl).pathname.replace(/\/$/, '')
  return own !== '' && pathname.startsWith(`${own}/`) ? pathname.slice(own.length) : pathname
}

/** @throws SignInError */
export function sessionTokenIn(answer: OAuthAnswer): string {
  if (typeof answer.access_token === 'string' && answer.access_token !== '') return answer.access_token
  throw refusalOf(answer)
}

const SENTENCES: Record<string, string> = {
  access_denied: 'The sign-in was cancelled in the browser.',
  expired_token: 'The code has expired. Begin the sign-in anew.',
  invalid_grant: 'The code is wrong, was used already or has expired. Begin the sign-in anew.',
  too_many_attempts: 'Too many attempts. Wait a few minutes, then begin anew.',
}

export function refusalOf(
  { error, code, error_description }: OAuthAnswer,
  details: ErrorDetails = {},
): SignInError {
  // A limit on attempts is told in the words of the API, where `error` is a sentence.
  const reason = String(code ?? error ?? 'server_error')
  const told = typeof error_description === 'string' ? `: ${error_description}` : ''
  return new SignInError(reason, SENTENCES[reason] ?? `The sign-in failed with ${reason}${told}.`, details)
}
