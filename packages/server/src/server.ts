import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import { loadSecrets } from './config/secrets.ts'
import type { Engine } from './database/database.ts'
import { openDatabase } from './database/open-database.ts'
import { createLifecycle } from './health/lifecycle.ts'
import { createServices } from './services.ts'
import type { Logger } from './telemetry/logger.ts'

/** Who is there to try with after the very first start of an embedded server. */
export const FIRST_USER = 'user@example.com'

export interface RunningServer {
  /** Where it listens, as a URL. */
  readonly url: string
  readonly engine: Engine
  /** True when this start created the database. */
  readonly firstStart: boolean
  /** Readiness first, then requests under way, the queue, the database. */
  stop(): Promise<void>
}

/**
 * Opens the database, migrates it and listens.
 * @throws StartupError, or what the system says when the address is taken or the database away
 */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  const { database, created } = await openDatabase(config, (error) =>
    logger.warn({ err: error }, 'a database connection broke'),
  )
  try {
    const secrets = await loadSecrets(config)
    const lifecycle = createLifecycle()
    const services = createServices({ config, secrets, database, logger })
    const firstStart = created && database.engine === 'embedded'
    if (firstStart) await services.users.add(FIRST_USER)

    const app = await buildApp({ config, secrets, database, services, lifecycle, logger })
    await app.listen({ host: config.host, port: config.port, listenTextResolver: () => 'listening' })

    return {
      url: urlOf(config.host, app.server.address() as AddressInfo),
      engine: database.engine,
      firstStart,
      async stop() {
        lifecycle.startDraining()
        await new Promise((resolve) => setTimeout(resolve, config.http.shutdownDelayMs))
        await app.close()
        await services.ledger.drain()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

function urlOf(host: string, { port }: AddressInfo): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
