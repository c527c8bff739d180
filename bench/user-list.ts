/** `npm run bench:users`: pages of a list of 100,000 users, by every filter and sort and from any cursor. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseConfig } from '../packages/server/src/config/config.ts'
import { openDatabase } from '../packages/server/src/database/open-database.ts'
import { fromCallersFolder, positiveInteger, runBenchmark } from './command-line.ts'
import { openDatabases } from './databases.ts'
import { readEnvironment } from './environment.ts'
import { formatGoals, formatTable, goalFromValues } from './report.ts'
import { writeResult } from './result-file.ts'
import { startPromptmeter } from './targets/promptmeter.ts'
import type { ServerProcess } from './targets/server-process.ts'
import { measurePages, type PageTime, type PageTimes } from './user-list-pages.ts'
import { seedUsers } from './user-list-seed.ts'

const help = `Usage: npm run bench:users -- [options]

Makes users and asks a real server for pages of GET /api/admin/users, one at a time: every filter, every sort in both
directions, from the beginning and from random cursors. On PostgreSQL and on the embedded database.

Options:
  --users N           how many there are (default 100000)
  --requests N        pages for each engine (default 2000)
  --database-url URL  use this PostgreSQL (a superuser's URL; databases are made and dropped there)
                      instead of one started for the benchmark
  --output FILE       where the JSON goes (default bench/results/user-list.json)
  --help              print this`

const adminKey = 'the-admin-key-of-a-benchmark'

interface Options {
  readonly users: number
  readonly requests: number
  readonly databaseUrl: string | undefined
  readonly output: string
}

async function main({ users, requests, databaseUrl, output }: Options, signal: AbortSignal): Promise<void> {
  const environment = await readEnvironment()
  const measure = (server: ServerProcess): Promise<PageTimes> =>
    measurePages({ url: server.url, adminKey, requests, signal, onProgress })

  const { postgres, version, settings } = await onPostgres(databaseUrl, users, measure)
  const embedded = await onEmbedded(users, measure)
  const engines = { postgres, embedded }
  for (const [engine, { filters }] of Object.entries(engines)) {
    const rows = Object.entries(filters).map(([name, time]) => [name, ...formatTime(time)])
    console.log(`\n${formatTable([[engine, 'pages', 'p50 ms', 'p99 ms', 'most ms'], ...rows])}`)
  }
  const slowest = Math.max(...Object.values(postgres.filters).map(({ p99Ms }) => p99Ms))
  const goals = [goalFromValues('p99 of the slowest filter on PostgreSQL, ms', [slowest], { most: 100 })]
  console.log(`\n${formatGoals(goals)}\n`)
  await writeResult(output, {
    environment,
    postgres: { version, settings },
    users,
    requests,
    goals,
    engines,
  })
}

function formatTime({ pages, p50Ms, p99Ms, mostMs }: PageTime): string[] {
  return [String(pages), p50Ms.toFixed(1), p99Ms.toFixed(1), mostMs.toFixed(1)]
}

type Measure = (server: ServerProcess) => Promise<PageTimes>

async function onPostgres(url: string | undefined, users: number, measure: Measure) {
  const databases = await openDatabases(url)
  let server: ServerProcess | undefined
  try {
    const database = await databases.create('users')
    server = await startPromptmeter(database, { env: { ADMIN_KEY: adminKey } })
    await seedUsers(database.query, users)
    await databases.checkpoint()
    return { postgres: await measure(server), version: databases.version, settings: databases.settings }
  } finally {
    await server?.stop()
    await databases.close()
  }
}

async function onEmbedded(users: number, measure: Measure): Promise<PageTimes> {
  const dataDir = await mkdtemp(join(tmpdir(), 'promptmeter-bench-'))
  let server: ServerProcess | undefined
  try {
    const { database } = await openDatabase(parseConfig({ DATA_DIR: dataDir }), () => {})
    const run = (text: string) => database.query({ name: '', text }, [])
    await seedUsers(run, users).finally(() => database.close())
    server = await startPromptmeter(null, { env: { ADMIN_KEY: adminKey, DATA_DIR: dataDir } })
    return await measure(server)
  } finally {
    await server?.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function onProgress(done: number, total: number): void {
  process.stderr.write(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} pages\n`)
}

function parseOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '100000' },
      requests: { type: 'string', default: '2000' },
      'database-url': { type: 'string' },
      output: { type: 'string', default: join(import.meta.dirname, 'results/user-list.json') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  return {
    users: positiveInteger('--users', values.users),
    requests: positiveInteger('--requests', values.requests),
    databaseUrl: values['database-url'],
    output: fromCallersFolder(values.output),
  }
}

await runBenchmark(help, parseOptions, main)
