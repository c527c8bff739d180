import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import { accountRoutes } from './account/account-routes.ts'
import { adminRoutes } from './admin/admin-routes.ts'
import type { Config } from './config/config.ts'
import type { Secrets } from './config/secrets.ts'
import { dashboardRoutes } from './dashboard/dashboard-routes.ts'
import { createDashboardSignIns } from './dashboard/dashboard-sign-ins.ts'
import { DASHBOARD_FOLDER } from './dashboard/page-routes.ts'
import type { Database } from './database/database.ts'
import { gatewayRoutes } from './gateway/gateway-routes.ts'
import { healthRoutes } from './health/health-routes.ts'
import type { Lifecycle } from './health/lifecycle.ts'
import { createAdmission } from './http/admission.ts'
import { registerApiReference } from './http/api-reference.ts'
import { decoratePrincipal } from './http/authentication.ts'
import { handleClientError } from './http/client-error.ts'
import { allowOrigins } from './http/cross-origin.ts'
import { handleError } from './http/error-handler.ts'
import type { HttpApp } from './http/http-app.ts'
import { acceptOnlyJson } from './http/json-body.ts'
import { trackMethods } from './http/method-not-allowed.ts'
import { countRefusals } from './http/refusal-count.ts'
import { requestId } from './http/request-id.ts'
import { logRequests } from './http/request-log.ts'
import { schemaSerializer, schemaValidator } from './http/schema-compilers.ts'
import { createBrowserSignIn } from './oauth/browser-sign-in.ts'
import { oauthRoutes } from './oauth/oauth-routes.ts'
import { createSealer } from './oauth/record-sealer.ts'
import { revocationRoutes } from './oauth/revocation-routes.ts'
import { signInPageRoutes } from './oauth/sign-in-routes.ts'
import { nothingHere } from './promptmeter-error.ts'
import type { Services } from './services.ts'
import { signUpRoutes } from './sign-in/sign-up-routes.ts'
import type { Logger } from './telemetry/logger.ts'
import { usageRoutes } from './usage/usage-routes.ts'

export interface AppParts {
  readonly config: Config
  readonly secrets: Secrets
  readonly database: Database
  readonly services: Services
  readonly lifecycle: Lifecycle
  readonly logger: Logger
  /** Where the dashboard was built to; where `npm run build` puts it when left out. */
  readonly dashboardFolder?: string
}

/** Builds the HTTP application; it listens nowhere yet. */
export async function buildApp({
  config,
  secrets,
  database,
  services,
  lifecycle,
  logger,
  dashboardFolder = DASHBOARD_FOLDER,
}: AppParts): Promise<HttpApp> {
  const admit = createAdmission({ onlyFromHere: config.signIn.implied })
  const log = logRequests(services.metrics)
  const { requestTimeoutMs } = config.http
  const app: HttpApp = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // Lines carry the request's id themselves; a logger per request would cost more than the line.
    childLoggerFactory: (parent) => parent,
    genReqId: requestId,
    bodyLimit: config.http.bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: config.http.keepAliveTimeoutMs,
    trustProxy: trustProxyOf(config.signIn),
    forceCloseConnections: 'idle',
    // While it stops, a request on a connection that is still open is served, and the connection closed after it.
    return503OnClosing: false,
    clientErrorHandler: handleClientError,
    // A path that cannot be routed meets no hook, so it gets here what the hooks would do.
    frameworkErrors: (error, request, reply) => {
      reply.raw.once('finish', () => log(request, reply, () => {}))
      handleError(admit(request, reply) ?? error, request, reply)
    },
    http: {
      headersTimeout: requestTimeoutMs,
      // How often Node looks for requests that are late.
      connectionsCheckingInterval: Math.min(requestTimeoutMs, 5_000),
      // The guard refuses a missing Host, in the shape of every other refusal.
      requireHostHeader: false,
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  // An expectation other than 100-continue is met by serving as usual (RFC 9110, 10.1.1); Node would send a bare 417.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))

  app.setValidatorCompiler(schemaValidator())
  app.setSerializerCompiler(schemaSerializer())
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(async () => {
    throw nothingHere()
  })
  app.addHook('onRequest', (request, reply, done) => done(admit(request, reply)))
  app.addHook('onResponse', log)

  acceptOnlyJson(app)
  decoratePrincipal(app)
  countRefusals(app, services.refusals.count)
  await allowOrigins(app, config.http.corsOrigins)
  await registerApiReference(app)

  const refuseOtherMethods = trackMethods(app)
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  signUpRoutes(app, services.signUp, config.signIn.ways)
  const dashboardSignIns = createDashboardSignIns({
    ...services,
    cookie: services.browserCookie,
    sealer: createSealer(secrets.jwt, 'dashboard sign-ins v1'),
  })
  const browser = createBrowserSignIn({ config, secrets, services, app, logger, dashboardSignIns })
  await oauthRoutes(app, browser)
  await revocationRoutes(app, services.sessions, services.audit)
  await signInPageRoutes(app, browser)
  const { appName } = config.signIn
  await dashboardRoutes(app, { services, signIns: dashboardSignIns, appName, folder: dashboardFolder })
  usageRoutes(app, services.usage, services.sessions)
  await gatewayRoutes(app, { ...services, config: config.gateway })
  accountRoutes(app, services, config.gateway.upgradeUrl)
  adminRoutes(app, services, secrets.adminKey, browser.issuer)
  healthRoutes(app, database, lifecycle, services.metrics)

  refuseOtherMethods()
  return app
}

/** Whose word on where a request came from counts: so many proxies, or those of these networks. */
function trustProxyOf({ trustProxy }: Config['signIn']) {
  if (typeof trustProxy === 'number') return (_address: string, hop: number) => hop < trustProxy
  return trustProxy === null ? false : [...trustProxy]
}
