import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/env.ts'
import { type RunningServer, startServer } from '../server.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { version } from '../version.ts'
import { banner } from './banner.ts'
import { describeStartFailure } from './start-failure.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('start the server; its settings come from the environment and the file .env')
    .action(serve)
}

/** Longest a stop waits for a start that is not complete, in milliseconds. */
const START_GRACE_MS = 5_000

/** Longest a stopped server may still have something open, in milliseconds: a last answer on its way, say. */
const EXIT_GRACE_MS = 1_000

async function serve(): Promise<void> {
  // From the first moment: a signal during the start ends as cleanly as one an hour later.
  const stopping = stopSignal()
  let config: Config
  let logger: Logger
  let server: RunningServer | null
  try {
    config = loadConfig()
    logger = createLogger(config.logLevel, { pretty: process.stdout.isTTY })
    server = await startUnlessStopped(startServer(config, logger), stopping)
  } catch (error) {
    process.stderr.write(`${describeStartFailure(error)}\n`)
    process.exit(1)
  }
  if (server === null) process.exit(0)

  process.stdout.write(banner(server, config, { forPeople: process.stdout.isTTY }))
  logger.info({ version, database: server.engine }, 'ready')
  logger.info({ signal: await stopping }, 'stopping; a second signal ends at once')
  await server.stop()
  logger.info('stopped')
  setTimeout(() => process.exit(0), EXIT_GRACE_MS).unref()
}

/** The started server, or null when a signal came first and everything is closed again. */
async function startUnlessStopped(
  starting: Promise<RunningServer>,
  stopping: Promise<NodeJS.Signals>,
): Promise<RunningServer | null> {
  const first = await Promise.race([starting, stopping])
  if (typeof first !== 'string') return first
  // A start that hangs on a database, or fails, is given up: it has served nobody.
  const server = await Promise.race([starting.catch(() => null), sleep(START_GRACE_MS, null)])
  await server?.stop()
  return null
}

/**
 * Signals within this time of the first count as the same: on Ctrl-C a terminal tells the whole process group, and npm
 * passes it on once more.
 */
const SAME_SIGNAL_MS = 500

/** Resolves at the first SIGTERM or SIGINT; the next ends the process as the signal itself would have. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | null = null
    const onSignal = (signal: NodeJS.Signals) => {
      if (firstAt === null) {
        firstAt = performance.now()
        resolve(signal)
      } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
        process.exit(signal === 'SIGINT' ? 130 : 143)
      }
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}
