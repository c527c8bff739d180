import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from './app.ts'
import type { Config } from './config/config.ts'
import { isLoopbackHost } from './config/loopback.ts'
import { loadSecrets } from './config/secrets.ts'
import type { Engine } from './database/database.ts'
import { openDatabase } from './database/open-database.ts'
import { startHoldSweeper } from './gateway/hold-sweeper.ts'
import { createLifecycle } from './health/lifecycle.ts'
import { watchSilentConnections } from './http/silent-connections.ts'
import { startRefusalRecorder } from './overview/refusal-recorder.ts'
import { createServices, createUsers, type Services } from './services.ts'
import { operatorLinkUrl } from './sessions/operator-session.ts'
import { startExpirySweeper } from './sign-in/expiry-sweeper.ts'
import type { Logger } from './telemetry/logger.ts'

/** Who is there to try with after the very first start of an embedded server. */
export const FIRST_USER = 'user@example.com'

/** How much longer than the deadline of a call its connection may take before it is cut, in milliseconds. */
const CONNECTION_GRACE_MS = 1_000

/** Longest an idle connection stays open while the server stops, in milliseconds. */
const IDLE_CONNECTION_MS = 100

/** Longest a stop waits for each of its last words to the database, and for its connections to close, in milliseconds. */
const DATABASE_CLOSE_MS = 2_000

/** Longest a stop waits for mails that are on their way, in milliseconds. */
const MAIL_GRACE_MS = 3_000

export interface RunningServer {
  /** Where it listens, as a URL. */
  readonly url: string
  readonly engine: Engine
  /** True when this start made the embedded database and its first user. */
  readonly firstStart: boolean
  /** Where people open the dashboard, without a slash at the end. */
  readonly dashboardUrl: string
  /** At a first start, a link that opens the dashboard as the operator, once. Holds a secret: never log it. */
  readonly operatorLink: string | null
  /**
   * Readiness first, then requests under way, the queue, the database. Neither a client that never finishes its request
   * nor a database that does not answer can hold it up for ever.
   */
  stop(): Promise<void>
}

/**
 * Opens the database, migrates it and listens.
 * @throws StartupError, or what the system says when the address is taken or the database away
 */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  // Off loopback a user whose address everybody knows would be a door left open.
  const withFirstUser = config.database.url === null && isLoopbackHost(config.host)
  const { database, created } = await openDatabase(
    config,
    (error) => logger.warn({ err: error }, 'a database connection broke'),
    async (transaction) => {
      if (withFirstUser) await createUsers(transaction).add(FIRST_USER)
    },
  )
  try {
    const secrets = await loadSecrets(config)
    const lifecycle = createLifecycle()
    const services = createServices({ config, secrets, database, logger })
    const firstStart = created && withFirstUser

    const app = await buildApp({ config, secrets, database, services, lifecycle, logger })
    const stopSweeping = startHoldSweeper(services, config.gateway.holdLifetimeMs, logger)
    const stopTidying = startExpirySweeper([...services.tidySignIn, services.refusals.deleteOld], logger)
    const stopRecording = startRefusalRecorder(services.refusals, logger)
    const endSilentConnections = watchSilentConnections(app.server)
    await app.listen({
      // The name may stand for two addresses, and then for two servers of which a stop would know one.
      host: config.host === 'localhost' ? '127.0.0.1' : config.host,
      port: config.port,
      listenTextResolver: (address) => `listening on ${address}`,
    })

    const url = urlOf(config.host, app.server.address() as AddressInfo)
    const dashboardUrl = config.signIn.publicUrl ?? url

    return {
      url,
      engine: database.engine,
      firstStart,
      dashboardUrl,
      operatorLink: firstStart ? await makeOperatorLink(services, dashboardUrl) : null,
      async stop() {
        lifecycle.startDraining()
        stopSweeping()
        stopTidying()
        stopRecording()
        await sleep(config.http.shutdownDelayMs)
        // By then every call that was read has its answer; what is left will never be complete.
        const { shutdownGraceMs } = config.gateway
        const drained = services.gateway.drain(shutdownGraceMs)
        const streamsMs = services.gateway.underWay > 0 ? shutdownGraceMs : 0
        const cutAfterMs = streamsMs + config.writes.deadlineMs + CONNECTION_GRACE_MS
        const cut = setTimeout(() => app.server.closeAllConnections(), cutAfterMs)
        // Those that become idle only now, their answer sent, would stay for the whole of the keep-alive timeout.
        const tidy = setInterval(() => {
          app.server.closeIdleConnections()
          endSilentConnections()
        }, IDLE_CONNECTION_MS)
        await Promise.all([app.close(), drained])
        clearInterval(tidy)
        clearTimeout(cut)
        const lastRefusals = services.refusals.flush().catch((error) => {
          logger.warn({ err: error }, 'the last refusals were not counted')
        })
        await Promise.all([
          services.ledger.drain(),
          services.mailer?.close(MAIL_GRACE_MS),
          withinMs(DATABASE_CLOSE_MS, lastRefusals),
        ])
        await services.gateway.close()
        await withinMs(DATABASE_CLOSE_MS, database.close())
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Whoever reads the output of the first start has the data folder, and the admin key in it. */
async function makeOperatorLink({ operators, audit }: Services, origin: string): Promise<string> {
  const { secret } = await operators.createLink()
  const details = { because: 'first start' }
  await audit.record({ action: 'admin_link_made', actor: { kind: 'operator' }, origin: null, details })
  return operatorLinkUrl(origin, secret)
}

/** Waits for `work`, and no longer than so many milliseconds. */
async function withinMs(timeoutMs: number, work: Promise<void>): Promise<void> {
  const done = new AbortController()
  const tooLong = sleep(timeoutMs, undefined, { signal: done.signal }).catch(() => {})
  await Promise.race([work, tooLong])
  done.abort()
}

function urlOf(host: string, { port }: AddressInfo): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
