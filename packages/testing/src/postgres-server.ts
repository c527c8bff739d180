export interface PostgresOptions {
  /** Server settings (`{ max_connections: '300' }`); the address, port and socket stay ours. */
  settings?: Record<string, string>
  /** Port on 127.0.0.1; a free one unless given. */
  port?: number
  /** Existing folder, for instance on a real disk, to make the throw-away folder in; else the system's temporary one. */
  directory?: string
}

/** `fast` closes connections and writes a checkpoint; `immediate` leaves recovery to the next start. */
export type StopMode = 'fast' | 'immediate'

/** A PostgreSQL to test against. Unless `restartable`, `pid`, `stop`, `start` and `kill` throw code `not_ours`. */
export interface PostgresServer {
  /** The maintenance database, as a superuser when the server is ours. */
  readonly url: string
  /** As `SHOW server_version` says: `18.4`. */
  readonly version: string
  /** The postmaster's; of the last run when stopped. */
  readonly pid: number
  /** Whether we started it, and so may stop and kill it. */
  readonly restartable: boolean
  /**
   * Creates a database and resolves to its URL.
   * @param name random unless given
   * @param template name or URL of a database to clone; nobody may be connected to it
   */
  createDatabase(name?: string, template?: string): Promise<string>
  /** Drops a database by its URL, ending its connections; one that is gone already is no error. */
  dropDatabase(url: string): Promise<void>
  /** Stops and keeps the data: `start` brings it back on the same port. */
  stop(mode?: StopMode): Promise<void>
  start(): Promise<void>
  /** SIGKILLs the postmaster and all its children, as a crash would. Resolves once all are gone. */
  kill(): Promise<void>
  /** Stops and deletes everything. A server that is not ours loses only the databases created here. */
  remove(): Promise<void>
}
