import { ConfigError } from '../config/config.ts'
import { isTlsFailure, isUnavailable, StartupError } from '../database/database-errors.ts'

/** Why a start failed and what to do, in words where the reason is known. */
export function describeStartFailure(error: unknown): string {
  if (error instanceof ConfigError) return `${error.message}\nEvery setting is explained in .env.example.`
  if (error instanceof StartupError) return error.message
  if (!(error instanceof Error)) return String(error)
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall === 'listen' && code === 'EADDRINUSE') {
    return `${error.message}: another program uses this port. Stop it, or set PORT to another one.`
  }
  if (syscall === 'listen') return `Cannot listen: ${error.message}. Check HOST and PORT.`
  if (code?.startsWith('28') || code === '3D000')
    return `The database refused the connection: ${error.message}. Check DATABASE_URL.`
  if (isTlsFailure(error)) {
    return `TLS with the database failed: ${error.message}. Check sslmode and sslrootcert in DATABASE_URL.`
  }
  if (isUnavailable(error))
    return `Cannot reach the database: ${messageOf(error)}. Check DATABASE_URL and that it is running.`
  return error.stack ?? error.message
}

/** Node tells a failed connection to a name with several addresses as several errors. */
function messageOf(error: Error): string {
  const errors = error instanceof AggregateError ? error.errors : [error]
  return errors.map(({ message }: Error) => message).join(', ')
}
