import pg from 'pg'

/** An empty database of its own for one target. */
export interface BenchDatabase {
  readonly url: string
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>
}

/** The one PostgreSQL of a benchmark run. */
export interface Databases {
  readonly version: string
  readonly settings: Readonly<Record<string, string>>
  create(purpose: string): Promise<BenchDatabase>
  /** Writes what is still only in memory, so that no run pays for the writes of the one before. */
  checkpoint(): Promise<void>
  /** Drops the databases made here and stops the server if it was started here. */
  close(): Promise<void>
}

const durabilitySettings = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'commit_delay',
]
const reportedSettings = [...durabilitySettings, 'shared_buffers', 'max_connections', 'max_wal_size']

/**
 * Opens the PostgreSQL at `databaseUrl`, or starts one of its own.
 * @throws when a write there could be lost after it was acknowledged: such numbers would mean nothing.
 */
export async function openDatabases(databaseUrl: string | undefined): Promise<Databases> {
  const server = databaseUrl === undefined ? await startOwn() : { url: databaseUrl, remove: async () => {} }
  const admin = new pg.Pool({ connectionString: server.url, max: 1 })
  // Until close() an idle connection may be cut by a server that stops first; that is no reason to crash.
  admin.on('error', () => {})
  const pools: pg.Pool[] = []
  const names: string[] = []

  const close = async (): Promise<void> => {
    await Promise.all(pools.map((pool) => pool.end()))
    for (const name of names) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await admin.end()
    await server.remove()
  }

  try {
    const settings = await readSettings(admin)
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      if (settings[name] !== 'on')
        throw new Error(
          `PostgreSQL runs with ${name}=${settings[name]}; the benchmark needs its default, on.`,
        )
    }
    const { rows } = await admin.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
    )
    return {
      version: rows[0]?.version ?? 'unknown',
      settings,
      async create(purpose) {
        const name = `promptmeter_bench_${purpose}_${Date.now().toString(36)}`
        await admin.query(`CREATE DATABASE ${name}`)
        names.push(name)
        const url = new URL(server.url)
        url.pathname = `/${name}`
        const pool = new pg.Pool({ connectionString: url.href, max: 1 })
        pool.on('error', () => {})
        pools.push(pool)
        return {
          url: url.href,
          query: async (sql, values) =>
            (await pool.query(sql, values === undefined ? undefined : [...values])).rows,
        }
      },
      checkpoint: async () => void (await admin.query('CHECKPOINT')),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function startOwn(): Promise<{ url: string; remove(): Promise<void> }> {
  const { startPostgres } = await import('@promptmeter/testing')
  return startPostgres()
}

async function readSettings(admin: pg.Pool): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ name: string; value: string }>(
    'SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY($1) ORDER BY name',
    [reportedSettings],
  )
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}
