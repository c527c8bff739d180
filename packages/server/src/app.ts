import AjvCompiler from '@fastify/ajv-compiler'
import cors from '@fastify/cors'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify'
import { accountRoutes } from './account/account-routes.ts'
import type { Config } from './config/config.ts'
import type { Secrets } from './config/secrets.ts'
import type { Database } from './database/database.ts'
import { healthRoutes } from './health/health-routes.ts'
import type { Lifecycle } from './health/lifecycle.ts'
import { registerApiReference } from './http/api-reference.ts'
import { handleClientError } from './http/client-error.ts'
import { handleError } from './http/error-handler.ts'
import type { HttpApp } from './http/http-app.ts'
import { trackMethods } from './http/method-not-allowed.ts'
import { refuseDuplicateHeaders, refuseRequestsFromElsewhere } from './http/request-guard.ts'
import { requestId } from './http/request-id.ts'
import { logRequests } from './http/request-log.ts'
import { SECURITY_HEADERS } from './http/security-headers.ts'
import { PromptmeterError } from './promptmeter-error.ts'
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
}

/** Builds the HTTP application; it listens nowhere yet. */
export async function buildApp({
  config,
  database,
  services,
  lifecycle,
  logger,
}: AppParts): Promise<HttpApp> {
  const app: HttpApp = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // Lines carry the request's id themselves; a logger per request would cost more than the line.
    childLoggerFactory: (parent) => parent,
    genReqId: requestId,
    bodyLimit: config.http.bodyLimitBytes,
    requestTimeout: config.http.requestTimeoutMs,
    keepAliveTimeout: config.http.keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    clientErrorHandler: handleClientError,
    frameworkErrors: handleError,
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.setValidatorCompiler(schemaValidator())
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(async () => {
    throw new PromptmeterError('not_found', 'Nothing is here. The API reference is at /docs.')
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS)
    reply.header('X-Request-Id', request.id)
    done(guard(request, config))
  })
  app.addHook('onResponse', logRequests(services.metrics))

  if (config.http.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...config.http.corsOrigins],
      exposedHeaders: ['Idempotent-Replayed', 'Retry-After', 'X-Request-Id'],
      maxAge: 600,
    })
  }
  await registerApiReference(app)

  const refuseOtherMethods = trackMethods(app)
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  signUpRoutes(app, services.signUp)
  usageRoutes(app, services.usage, services.sessions)
  accountRoutes(app, services.sessions, services.usage)
  healthRoutes(app, database, lifecycle, services.metrics)

  refuseOtherMethods()
  return app
}

function guard(request: FastifyRequest, config: Config): PromptmeterError | undefined {
  try {
    refuseDuplicateHeaders(request)
    if (config.signIn.implied) refuseRequestsFromElsewhere(request)
    return undefined
  } catch (error) {
    return error as PromptmeterError
  }
}

/** Bodies are taken as they are: `"1"` is no number. Query strings hold only text, so there it becomes what the schema asks. */
function schemaValidator() {
  const compilers = AjvCompiler()
  const options = { removeAdditional: false, useDefaults: true, allErrors: false } as const
  const body = compilers({}, { customOptions: { ...options, coerceTypes: false } })
  const query = compilers({}, { customOptions: { ...options, coerceTypes: true } })
  return (route: { httpPart?: string }) =>
    route.httpPart === 'querystring' ? query(route as never) : body(route as never)
}
