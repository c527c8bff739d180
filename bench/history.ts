/** `npm run bench:history`: what a past of millions of events costs, beside the same server on an empty database. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fromCallersFolder, positiveInteger, runBenchmark } from './command-line.ts'
import { type BenchDatabase, openDatabases } from './databases.ts'
import { readEnvironment } from './environment.ts'
import { seedHistory } from './history-seed.ts'
import { type LoadRequest, type LoadResult, measureLoad } from './load.ts'
import { formatGoals, formatTable, goalFromValues } from './report.ts'
import { writeResult } from './result-file.ts'
import { median } from './statistics.ts'
import { insertUsers, readCounts, signUp, startPromptmeter } from './targets/promptmeter.ts'
import type { ServerProcess } from './targets/server-process.ts'
import { readSettledCounts, trackUsageRequest, verifyCounts } from './verify.ts'

const help = `Usage: npm run bench:history -- [options]

Gives 10,000 users a past of 90 days, then measures the 90-day daily history of random users, and POST /trackUsage
beside the same server on a database without a past, in turns.

Options:
  --events N          events to begin with (default 1000000)
  --seconds N         length of each measured run (default 8)
  --rounds N          rounds, of which the medians are taken (default 3)
  --database-url URL  use this PostgreSQL (a superuser's URL; databases are made and dropped there)
                      instead of one started for the benchmark
  --output FILE       where the JSON goes (default bench/results/history.json)
  --help              print this

Needs wrk (apt-get install wrk).`

const userCount = 10_000
const activeUserCount = 1000
const days = 90
const warmUpSeconds = 2
/** Readers at once: enough to keep the server busy, few enough that a latency is not mostly waiting in line. */
const historyConnections = 8
const trackConnections = 128

interface Options {
  readonly events: number
  readonly seconds: number
  readonly rounds: number
  readonly databaseUrl: string | undefined
  readonly output: string
}

interface Site {
  readonly database: BenchDatabase
  readonly server: ServerProcess
  readonly tokens: readonly string[]
}

async function main(options: Options, signal: AbortSignal): Promise<void> {
  const environment = await readEnvironment()
  const databases = await openDatabases(options.databaseUrl)
  const servers: ServerProcess[] = []
  const open = async (purpose: string, events: number): Promise<Site> => {
    const database = await databases.create(purpose)
    const server = await startPromptmeter(database)
    servers.push(server)
    const emails = Array.from({ length: userCount }, (_, index) => `user-${index + 1}@example.com`)
    await insertUsers(database, emails)
    if (events > 0) await seedHistory(database, { events, days, onProgress })
    // Every tenth user, so that the active ones are spread over the tables.
    const active = emails.filter((_, index) => index % (userCount / activeUserCount) === 0)
    return { database, server, tokens: await signUp(server.url, active) }
  }

  try {
    const full = await open('full', options.events)
    const empty = await open('empty', 0)
    const request = historyRequest(new Date())
    await verifyHistory(full, request)

    const runs: { history: LoadResult; full: LoadResult; empty: LoadResult }[] = []
    for (let round = 1; round <= options.rounds; round++) {
      const run = async (site: Site, kind: LoadRequest, connections: number): Promise<LoadResult> => {
        signal.throwIfAborted()
        await databases.checkpoint()
        return measureSite(site, kind, { connections, seconds: options.seconds, signal })
      }
      runs.push({
        history: await run(full, request, historyConnections),
        full: await run(full, trackUsageRequest, trackConnections),
        empty: await run(empty, trackUsageRequest, trackConnections),
      })
      process.stderr.write(`round ${round}/${options.rounds}\n`)
    }

    const goals = [
      goalFromValues(
        'p99 of a 90-day daily history, ms',
        runs.map(({ history }) => history.p99Ms),
        { most: 10 },
      ),
      goalFromValues(
        '/trackUsage throughput, full / empty',
        runs.map((run) => run.full.requestsPerSecond / run.empty.requestsPerSecond),
        { least: 0.9 },
      ),
    ]
    const kinds = ['history', 'full', 'empty'] as const
    const titles = {
      history: `GET /api/me/usage, ${days} days, ${historyConnections} connections`,
      full: `POST /trackUsage, ${options.events.toLocaleString('en')} events, ${trackConnections} connections`,
      empty: `POST /trackUsage, empty, ${trackConnections} connections`,
    }
    const rows = kinds.map((kind) => {
      const middle = (field: keyof LoadResult) => median(runs.map((run) => run[kind][field]))
      return [
        titles[kind],
        Math.round(middle('requestsPerSecond')).toLocaleString('en'),
        middle('p50Ms').toFixed(2),
        middle('p99Ms').toFixed(2),
      ]
    })
    console.log(
      `\n${formatTable([['', 'requests/s', 'p50 ms', 'p99 ms'], ...rows])}\n\n${formatGoals(goals)}\n`,
    )

    const { events, seconds, rounds } = options
    const postgres = { version: databases.version, settings: databases.settings }
    const result = { environment, postgres, events, users: userCount, days, seconds, rounds, goals, runs }
    await writeResult(options.output, result)
  } finally {
    await Promise.allSettled(servers.map((server) => server.stop()))
    await databases.close()
  }
}

function onProgress(done: number, total: number): void {
  process.stderr.write(`seeded ${done.toLocaleString('en')} of ${total.toLocaleString('en')} events\n`)
}

/** The last 90 days, today included. */
function historyRequest(now: Date): LoadRequest {
  const dayMs = 24 * 60 * 60 * 1000
  const date = (at: number): string => new Date(at).toISOString().slice(0, 10)
  const from = date(now.getTime() - (days - 1) * dayMs)
  const to = date(now.getTime() + dayMs)
  return { method: 'GET', path: `/api/me/usage?interval=day&from=${from}&to=${to}` }
}

async function verifyHistory(site: Site, request: LoadRequest): Promise<void> {
  const response = await fetch(new URL(request.path, site.server.url), {
    headers: { Authorization: `Bearer ${site.tokens[0]}` },
  })
  const text = await response.text()
  const history = response.ok ? (JSON.parse(text) as { promptCount: number; buckets: unknown[] }) : null
  if (history?.buckets.length !== days || history.promptCount === 0) {
    throw new Error(`GET /api/me/usage answered ${response.status} ${text.slice(0, 500)}`)
  }
}

interface RunSettings {
  readonly connections: number
  readonly seconds: number
  readonly signal: AbortSignal
}

async function measureSite(site: Site, request: LoadRequest, settings: RunSettings): Promise<LoadResult> {
  const load = { url: site.server.url, request, tokens: site.tokens, ...settings }
  await measureLoad({ ...load, seconds: warmUpSeconds })
  const read = () => readSettledCounts(() => readCounts(site.database))
  const before = await read()
  const result = await measureLoad(load)
  if (request === trackUsageRequest) {
    verifyCounts(before, await read(), result.requests, settings.connections)
  }
  return result
}

function parseOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      'database-url': { type: 'string' },
      output: { type: 'string', default: join(import.meta.dirname, 'results/history.json') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const events = positiveInteger('--events', values.events)
  if (events < userCount) throw new Error(`--events: at least one for each of ${userCount} users.`)
  return {
    events,
    seconds: positiveInteger('--seconds', values.seconds),
    rounds: positiveInteger('--rounds', values.rounds),
    databaseUrl: values['database-url'],
    output: fromCallersFolder(values.output),
  }
}

await runBenchmark(help, parseOptions, main)
