type Code = 'binaries_missing' | 'start_failed' | 'port_taken' | 'server_unusable' | 'not_ours'

const SERVERLESS: ReadonlySet<Code> = new Set(['binaries_missing', 'start_failed', 'port_taken'])
const WAY_OUT = 'Or set TEST_DATABASE_URL to a PostgreSQL ≥ 15 you may create databases on.'

/** What this package throws itself; errors of SQL statements come from `pg` unchanged. */
export class TestPostgresError extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(SERVERLESS.has(code) ? `${message}\n${WAY_OUT}` : message, options)
    this.name = 'TestPostgresError'
    this.code = code
  }
}
