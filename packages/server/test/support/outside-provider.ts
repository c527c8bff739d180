import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import Provider from 'oidc-provider'

export const OUTSIDE_CLIENT_ID = 'promptmeter-client'
/** With what a header must escape. It must never be seen outside requests to the provider. */
export const OUTSIDE_CLIENT_SECRET = 'planted+client/secret=0123456789'

/** Who is signed in at the provider, as far as it tells. */
export interface OutsideAccount {
  sub: string
  email?: unknown
  email_verified?: unknown
}

/** What it does about the next id_tokens: their claims, and whose key signs them. */
export interface IdTokenScript {
  readonly claims?: Record<string, unknown>
  readonly signedByAnother?: boolean
}

export interface OidcServer {
  readonly issuer: string
  /** Whose browser comes, from now on. */
  account: OutsideAccount
  /** True: whoever comes refuses. */
  denies: boolean
  idToken: IdTokenScript | null
  /** The subject userinfo tells of, where it is another than the account's. */
  userInfoSubject: string | null
  /** Paths asked for, in order. */
  readonly paths: readonly string[]
  /** All codes and tokens it gave out. */
  readonly secrets: readonly string[]
  stop(): Promise<void>
  start(): Promise<void>
}

export interface OidcServerOptions {
  readonly callbackUrl: string
  /** Where the address is told: in the id_token, or at the userinfo endpoint alone. */
  readonly emailIn?: 'id_token' | 'userinfo'
  readonly clientAuth?: 'client_secret_basic' | 'client_secret_post'
}

/** A real OpenID provider on loopback, at which everybody is signed in already. It insists on PKCE. */
export async function startOidcServer(options: OidcServerOptions): Promise<OidcServer> {
  const { callbackUrl, emailIn = 'id_token', clientAuth = 'client_secret_basic' } = options
  const own = await generateKeyPair('RS256', { extractable: true })
  const another = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(own.privateKey)), alg: 'RS256', use: 'sig', kid: 'own' }
  const paths: string[] = []
  const secrets: string[] = []
  const door = await openDoor()
  const issuer = `http://127.0.0.1:${door.port}`

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: OUTSIDE_CLIENT_ID,
        client_secret: OUTSIDE_CLIENT_SECRET,
        redirect_uris: [callbackUrl],
        token_endpoint_auth_method: clientAuth,
      },
    ],
    clientAuthMethods: [clientAuth],
    jwks: { keys: [jwk] as never },
    cookies: { keys: ['test'] },
    claims: { email: ['email', 'email_verified'] },
    conformIdTokenClaims: emailIn === 'userinfo',
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, IdToken: 60, AuthorizationCode: 60 },
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({ ...server.account, sub }),
    }),
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({
        accountId: oidc.session?.accountId as string,
        clientId: OUTSIDE_CLIENT_ID,
      })
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
  })
  provider.use(async (ctx, next) => {
    paths.push(ctx.path)
    if (ctx.path.startsWith('/interaction/')) {
      const { sub } = server.account
      const result = server.denies ? { error: 'access_denied' } : { login: { accountId: sub } }
      const returnTo = await provider.interactionResult(ctx.req, ctx.res, result)
      ctx.redirect(returnTo)
      return
    }
    await next()
    const body = ctx.body as { id_token?: string; access_token?: string; sub?: string } | undefined
    if (ctx.path === '/me' && body !== undefined && server.userInfoSubject !== null) {
      body.sub = server.userInfoSubject
    }
    if (ctx.path !== '/token' || typeof body?.id_token !== 'string') return
    if (server.idToken !== null) {
      const { claims, signedByAnother } = server.idToken
      body.id_token = await new SignJWT({ ...decodeJwt(body.id_token), ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'own' })
        .sign(signedByAnother ? another.privateKey : own.privateKey)
    }
    secrets.push(body.id_token, body.access_token as string)
  })
  provider.on('authorization_code.saved', ({ jti }) => secrets.push(jti))
  door.handle(provider.callback())

  const server: OidcServer = {
    issuer,
    account: { sub: 'account-1', email: 'Ada@Example.com', email_verified: true },
    denies: false,
    idToken: null,
    userInfoSubject: null,
    paths,
    secrets,
    stop: door.close,
    start: door.open,
  }
  return server
}

/** Walks a browser from `url` to the callback; what it would call there is not called. */
export async function browse(url: string, callbackUrl: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let next = new URL(url)
  while (next.origin + next.pathname !== callbackUrl) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } })
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (name !== undefined) cookies.set(name, value ?? '')
    }
    const location = response.headers.get('location')
    if (location === null)
      throw new Error(`${next.pathname} answered ${response.status} ${await response.text()}`)
    next = new URL(location, next)
  }
  return next
}

export interface GithubServer {
  /** For GITHUB_URL. */
  readonly url: string
  account: { id: unknown; emails: unknown }
  denies: boolean
  /** Answers these paths instead. */
  readonly scripts: Map<string, (response: ServerResponse) => void>
  readonly headers: ReadonlyMap<string, Readonly<Record<string, string | string[] | undefined>>>
  /** All codes and tokens it gave out. */
  readonly secrets: readonly string[]
  stop(): Promise<void>
  start(): Promise<void>
}

/** As a GitHub Enterprise Server behaves, in what a sign-in needs of it. */
export async function startGithubServer(callbackUrl: string): Promise<GithubServer> {
  const door = await openDoor()
  const codes = new Map<string, string>()
  const tokens = new Set<string>()
  const secrets: string[] = []
  const headers = new Map<string, Record<string, string | string[] | undefined>>()

  const json = (response: ServerResponse, body: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }
  const authorize = ({ searchParams }: URL, response: ServerResponse) => {
    const target = new URL(searchParams.get('redirect_uri') as string)
    target.searchParams.set('state', searchParams.get('state') as string)
    if (server.denies) target.searchParams.set('error', 'access_denied')
    else {
      const code = `github-code-${secrets.length}`
      codes.set(code, searchParams.get('code_challenge') as string)
      secrets.push(code)
      target.searchParams.set('code', code)
    }
    response.writeHead(302, { location: target.href }).end()
  }
  const exchange = (form: URLSearchParams, response: ServerResponse) => {
    const code = form.get('code') as string
    const challenge = codes.get(code)
    const verifier = form.get('code_verifier') ?? ''
    codes.delete(code)
    const error =
      form.get('client_id') !== OUTSIDE_CLIENT_ID || form.get('client_secret') !== OUTSIDE_CLIENT_SECRET
        ? 'incorrect_client_credentials'
        : form.get('redirect_uri') !== callbackUrl
          ? 'redirect_uri_mismatch'
          : challenge !== createHash('sha256').update(verifier).digest('base64url')
            ? 'bad_verification_code'
            : null
    if (error !== null) return json(response, { error, error_description: `${error} for ${code}` })
    const token = `gho_planted${secrets.length}`
    tokens.add(token)
    secrets.push(token)
    // As a GitHub App answers, too: no scope.
    json(response, { access_token: token, token_type: 'bearer', scope: '' })
  }

  door.handle(async (request, response) => {
    const url = new URL(request.url as string, door.url)
    const body = await text(request)
    headers.set(url.pathname, request.headers)
    const script = server.scripts.get(url.pathname)
    if (script !== undefined) return script(response)
    if (url.pathname === '/login/oauth/authorize') return authorize(url, response)
    if (url.pathname === '/login/oauth/access_token') return exchange(new URLSearchParams(body), response)
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    if (!tokens.has(token)) return json(response, { message: `Bad credentials ${token}` }, 401)
    if (url.pathname === '/api/v3/user') return json(response, { id: server.account.id, login: 'ada' })
    if (url.pathname === '/api/v3/user/emails') return json(response, server.account.emails)
    json(response, { message: 'Not Found' }, 404)
  })

  const server: GithubServer = {
    url: door.url,
    account: {
      id: 583_231,
      emails: [
        { email: 'other@example.com', primary: false, verified: true },
        { email: 'Ada@Example.com', primary: true, verified: true },
      ],
    },
    denies: false,
    scripts: new Map(),
    headers,
    secrets,
    stop: door.close,
    start: door.open,
  }
  return server
}

/** A port that stays the same while its server goes and comes. */
async function openDoor() {
  let listener: RequestListener = (_request, response) => void response.writeHead(503).end()
  let port = 0
  let server: Server | null = null
  const close = async () => {
    const closing = server
    server = null
    closing?.closeAllConnections()
    if (closing !== null) await new Promise((resolve) => closing.close(resolve))
  }
  const open = async () => {
    server = createServer((request, response) => listener(request, response))
    await once(server.listen(port, '127.0.0.1'), 'listening')
    port = (server.address() as AddressInfo).port
  }
  await open()
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    handle: (handler: RequestListener) => {
      listener = handler
    },
    open,
    close,
  }
}
