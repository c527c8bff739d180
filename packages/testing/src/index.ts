export { TestPostgresError } from './errors.ts'
export { startPostgres } from './local-postgres.ts'
export type { PostgresOptions, PostgresServer, StopMode } from './postgres-server.ts'
export { usePostgres } from './use-postgres.ts'
