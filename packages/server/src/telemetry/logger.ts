import pino, { type Logger } from 'pino'
import type { LogLevel } from '../config/config.ts'

export type { Logger }

/** Bytes gathered before log lines are written; a quiet server still writes each second, and at exit. */
const BUFFER_BYTES = 4096

/** Pretty on a terminal, JSON lines otherwise; to standard output. */
export function createLogger(level: LogLevel, { pretty }: { pretty: boolean }): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  if (pretty) {
    return pino({
      ...options,
      transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', singleLine: true } },
    })
  }
  const destination = pino.destination({ sync: false, minLength: BUFFER_BYTES, periodicFlush: 1000 })
  return pino(options, destination)
}
