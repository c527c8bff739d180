import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/env.ts'
import { type RunningServer, startServer } from '../server.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { banner } from './banner.ts'
import { describeStartFailure } from './start-failure.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('start the server; its settings come from the environment and the file .env')
    .action(serve)
}

async function serve(): Promise<void> {
  let config: Config
  let logger: Logger
  let server: RunningServer
  try {
    config = loadConfig()
    logger = createLogger(config.logLevel, { pretty: process.stdout.isTTY })
    server = await startServer(config, logger)
  } catch (error) {
    process.stderr.write(`${describeStartFailure(error)}\n`)
    process.exit(1)
  }

  const stopping = stopSignal()
  process.stdout.write(banner(server, config, { forPeople: process.stdout.isTTY }))
  logger.info({ url: server.url, database: server.engine }, 'listening')
  logger.info({ signal: await stopping }, 'stopping; a second signal ends at once')
  await server.stop()
  logger.info('stopped')
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
