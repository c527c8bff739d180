import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import pino from 'pino'
import { buildApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/config.ts'
import { loadSecrets } from '../../src/config/secrets.ts'
import type { Database, Engine } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createLifecycle, type Lifecycle } from '../../src/health/lifecycle.ts'
import type { HttpApp } from '../../src/http/http-app.ts'
import { createServices, type Services } from '../../src/services.ts'
import { LOGGER_OPTIONS } from '../../src/telemetry/logger.ts'
import { watchAnswers } from './documented-answers.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

/** The whole application on a database of its own, asked without a network. */
export interface TestApp {
  readonly app: HttpApp
  readonly database: Database
  readonly services: Services
  readonly lifecycle: Lifecycle
  readonly environment: Readonly<Record<string, string>>
  /** Everything that was logged, as JSON lines. */
  readonly logLines: string[]
  /** What a server that sends no mail shows on its terminal. */
  readonly printed: string[]
  /** Adds a user, signs in and gives the session token. */
  signUp(email?: string): Promise<string>
  track(token: string, body: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  request(options: InjectOptions): Promise<LightMyRequestResponse>
  close(): Promise<void>
}

export interface TestAppOptions {
  /** Settings that differ from the usual ones of a test. */
  readonly environment?: Readonly<Record<string, string>>
  /** A database that is there already, for a second replica or a restart; it is not removed at the end. */
  readonly testDatabase?: TestDatabase
  /** Where printed lines go, for replicas of which any may print. */
  readonly printed?: string[]
  /** Where the dashboard was built to, if it matters. */
  readonly dashboardFolder?: string
}

let addresses = 0

export async function startTestApp(engine: Engine, options: TestAppOptions = {}): Promise<TestApp> {
  const testDatabase = options.testDatabase ?? (await createTestDatabase(engine))
  const environment = { ...testDatabase.environment, ...options.environment }
  const config = parseConfig(environment)
  const logLines: string[] = []
  const logger = pino({ ...LOGGER_OPTIONS, level: 'info' }, { write: (line: string) => logLines.push(line) })
  const { database } = await openDatabase(config, () => {})
  const lifecycle = createLifecycle()
  const secrets = await loadSecrets(config)
  const { printed = [] } = options
  const services = createServices({ config, secrets, database, logger, print: (line) => printed.push(line) })
  const { dashboardFolder } = options
  const app = await buildApp({
    config,
    secrets,
    database,
    services,
    lifecycle,
    logger,
    ...(dashboardFolder !== undefined && { dashboardFolder }),
  })
  const differences = watchAnswers(app)

  return {
    app,
    database,
    services,
    lifecycle,
    environment,
    logLines,
    printed,
    async signUp(email = `user-${process.pid}-${++addresses}@example.com`) {
      const user = await services.users.findOrAdd(email)
      const { sessionToken } = await services.sessions.start(user, { method: 'email', clientName: 'a test' })
      return sessionToken
    },
    track: (token, body, headers = {}) =>
      app.inject({
        method: 'POST',
        url: '/trackUsage',
        headers: {
          host: 'localhost',
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...headers,
        },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    request: (request) => app.inject({ ...request, headers: { host: 'localhost', ...request.headers } }),
    async close() {
      await app.close()
      await services.mailer?.close(0)
      await services.ledger.drain()
      await database.close()
      if (options.testDatabase === undefined) await testDatabase.remove()
      if (differences.length > 0)
        throw new Error(`answers differ from /openapi.json:\n${differences.join('\n')}`)
    },
  }
}
