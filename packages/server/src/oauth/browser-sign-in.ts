import type { AddressInfo } from 'node:net'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { Secrets } from '../config/secrets.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { AttemptLimiter } from '../rate-limits/attempt-limiter.ts'
import { createMacs } from '../secret-keys.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { EmailWay } from '../sign-in/email-way.ts'
import { createGithubWay } from '../sign-in/github-way.ts'
import type { NetworkAttempts } from '../sign-in/network-attempts.ts'
import { createOidcWay } from '../sign-in/oidc-way.ts'
import type { SignInService } from '../sign-in/sign-in-service.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { UserService } from '../users/user-service.ts'
import { createEditorSignIns } from './editor-sign-ins.ts'
import type { OauthRecordStore } from './oauth-record-store.ts'
import { createOutsideAttempts } from './outside-attempts.ts'
import { joinPendingSignIns, type PendingSignIns } from './pending-sign-ins.ts'
import { createSealer } from './record-sealer.ts'
import type { Redemption } from './server-parts.ts'
import type { SignInPageParts } from './sign-in-routes.ts'

export interface BrowserSignInParts {
  readonly config: Config
  readonly secrets: Secrets
  readonly services: {
    readonly users: UserService
    readonly sessions: SessionService
    readonly attempts: AttemptLimiter
    readonly signIn: SignInService
    readonly network: NetworkAttempts
    readonly emailWay: EmailWay | null
    readonly oauthRecords: OauthRecordStore
    readonly refusals: { count(code: string): void }
  }
  /** Tells where it listens, once it does. */
  readonly app: HttpApp
  readonly logger: Logger
  /** Those of browsers, which no editor began. */
  readonly dashboardSignIns: PendingSignIns
}

/** Puts together what signing in with a browser takes. */
export function createBrowserSignIn({
  config,
  secrets,
  services,
  app,
  logger,
  dashboardSignIns,
}: BrowserSignInParts): SignInPageParts {
  const { users, sessions, attempts, network, signIn, emailWay, oauthRecords, refusals } = services
  const { signIn: settings } = config
  const macs = createMacs(secrets.jwt, 'oauth records v1')
  const records = {
    store: oauthRecords,
    sealer: createSealer(secrets.jwt, 'oauth records v1 sealed'),
    macs,
    attempts,
    endGrant: sessions.endGrant,
  }

  /** The grant is looked for after the session has begun: one that ended meanwhile ends the session too. */
  const redeem = async ({ userId, grantId, method, origin }: Redemption) => {
    const user = await findUser(userId)
    if (user === null || user.disabled) return null
    const { sessionId, sessionToken } = await signIn.start(
      user,
      { method, clientName: origin.clientName, grantMac: macs.of(grantId) },
      origin,
    )
    const grant = await oauthRecords.find('Grant', 'id_mac', macs.candidates(grantId))
    if (grant === null) {
      await sessions.revoke(user.id, sessionId)
      return null
    }
    return sessionToken
  }

  const findUser = (userId: string) => users.findById(userId)
  const issuer = () => settings.publicUrl ?? addressOf(app)
  const corsOrigins = [...config.http.corsOrigins, ...settings.redirects.origins]
  let server: Promise<Provider> | undefined
  const provider = () => {
    server ??= createServer().catch((error: unknown) => {
      server = undefined
      throw error
    })
    return server
  }
  const createServer = async () => {
    // Loaded only here: the library weighs near 50 MB, and whoever signs in without a browser never needs it.
    const { createAuthorizationServer } = await import('./authorization-server.ts')
    return createAuthorizationServer({
      redirects: { issuer: issuer(), ...settings.redirects },
      appName: settings.appName,
      secrets: secrets.jwt,
      records,
      corsOrigins,
      logger,
      isWelcome: async (userId) => (await findUser(userId))?.disabled === false,
      redeem,
      refused: refusals.count,
    })
  }

  return {
    provider,
    issuer,
    appName: settings.appName,
    corsOrigins,
    ways: settings.ways,
    users,
    network,
    signIn,
    email: emailWay,
    outside: [
      ...(settings.github === null ? [] : [createGithubWay(settings.github)]),
      ...(settings.oidc === null ? [] : [createOidcWay(settings.oidc)]),
    ],
    outsideAttempts: createOutsideAttempts(issuer, createSealer(secrets.jwt, 'outside attempts v1')),
    pending: joinPendingSignIns(createEditorSignIns(provider), dashboardSignIns),
    csrf: createMacs(secrets.jwt, 'sign-in forms v1'),
  }
}

/** Listening on every address is listening on loopback too, and no browser goes to 0.0.0.0. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** Where it listens, for a server on loopback that nobody gave a PUBLIC_URL. */
function addressOf(app: HttpApp): string {
  const address = app.server.address() as AddressInfo | null
  if (address === null) return 'http://127.0.0.1'
  const listening = LOOPBACK_OF[address.address] ?? address.address
  const host = listening.includes(':') ? `[${listening}]` : listening
  return `http://${host}:${address.port}`
}
