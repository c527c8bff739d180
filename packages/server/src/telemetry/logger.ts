import pino, { type Logger } from 'pino'
import type { LogLevel } from '../config/config.ts'

export type { Logger }

/** Bytes gathered before log lines are written; a quiet server still writes each second, and at exit. */
const BUFFER_BYTES = 4096

/**
 * What a log says of an error. The drivers of the database hang more on theirs, the parameters and the row among it:
 * addresses and keys of users.
 */
function errorToLog(error: Error & { code?: unknown }): Record<string, unknown> {
  const { name, message, stack, code, cause } = error
  return {
    type: name,
    message,
    stack,
    ...(code !== undefined && { code }),
    ...(cause instanceof Error && { cause: errorToLog(cause) }),
  }
}

/** How every logger of the server writes; a test reads its lines with the same. */
export const LOGGER_OPTIONS = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  serializers: { err: errorToLog },
}

/** Pretty on a terminal, JSON lines otherwise; to standard output. */
export function createLogger(level: LogLevel, { pretty }: { pretty: boolean }): Logger {
  const options = { ...LOGGER_OPTIONS, level }
  if (pretty) {
    return pino({
      ...options,
      transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', singleLine: true } },
    })
  }
  const destination = pino.destination({ sync: false, minLength: BUFFER_BYTES, periodicFlush: 1000 })
  return pino(options, destination)
}
