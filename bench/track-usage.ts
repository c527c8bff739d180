/** `npm run bench`: POST /trackUsage side by side with the usual style, a store in memory, and a constant. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fromCallersFolder, positiveInteger, runBenchmark } from './command-line.ts'
import { type Databases, openDatabases } from './databases.ts'
import { readEnvironment } from './environment.ts'
import { measureLoad } from './load.ts'
import { readPeakMemoryMib } from './memory.ts'
import {
  formatGoals,
  formatRows,
  formatTable,
  goalsFromRuns,
  type Run,
  rowsFromRuns,
  type UserGroup,
  userGroupTitle,
} from './report.ts'
import { writeResult } from './result-file.ts'
import { expressTarget } from './targets/express.ts'
import { httpConstantTarget } from './targets/http-constant.ts'
import { memoryStoreTarget } from './targets/memory-store.ts'
import { promptmeterTarget } from './targets/promptmeter.ts'
import type { RunningTarget, Target } from './targets/target.ts'
import { readSettledCounts, trackUsageRequest, verifyAnswers, verifyCounts } from './verify.ts'

const help = `Usage: npm run bench -- [options]

Measures POST /trackUsage on this machine, side by side:
  a  Promptmeter on PostgreSQL
  b  the same route in the usual style: Express 5, jsonwebtoken, pg
  c  Promptmeter over a store that answers from memory
  d  node:http answering a constant

Options:
  --seconds N         length of each measured run (default 8)
  --rounds N          rounds, of which the medians are taken (default 3)
  --only a,b          measure these targets only
  --connections N,N   connections to measure with (default 32,128; the goals need 128)
  --database-url URL  use this PostgreSQL (a superuser's URL; databases are made and dropped there)
                      instead of one started for the benchmark
  --output FILE       where the JSON goes (default bench/results/track-usage.json)
  --help              print this

Needs wrk (apt-get install wrk). A run of all takes about 8 minutes.`

const warmUpSeconds = 2
const userGroups: readonly UserGroup[] = ['thousand', 'hot']

interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly connections: readonly number[]
  readonly only: readonly string[] | null
  readonly databaseUrl: string | undefined
  readonly output: string
}

function targetsOf(databases: Databases): Target[] {
  return [
    promptmeterTarget(databases),
    expressTarget(databases),
    memoryStoreTarget(databases),
    httpConstantTarget,
  ]
}

async function main(options: Options, signal: AbortSignal): Promise<void> {
  const environment = await readEnvironment()
  const databases = await openDatabases(options.databaseUrl)
  const running = new Map<Target, RunningTarget>()
  try {
    const targets = targetsOf(databases).filter(
      ({ name }) => options.only === null || options.only.includes(name),
    )
    for (const target of targets) {
      const started = await target.start()
      running.set(target, started)
      for (const users of userGroups)
        await verifyAnswers(started, started.tokens[users][0] as string, target.name !== 'd')
    }

    const runs: Run[] = []
    const memoryMib: Record<string, number> = {}
    // Targets take turns inside each setting, so that the runs to be compared are neighbours in time.
    for (let round = 1; round <= options.rounds; round++) {
      for (const users of userGroups) {
        for (const connections of options.connections) {
          for (const [target, server] of running) {
            signal.throwIfAborted()
            await databases.checkpoint()
            const run = await measureRun(server, { users, connections, seconds: options.seconds, signal })
            runs.push({ target: target.name, round, ...run })
            memoryMib[target.name] = await readPeakMemoryMib(server.pid)
            process.stderr.write(`round ${round}/${options.rounds}  ${formatProgress(target, run)}\n`)
          }
        }
      }
    }

    for (const server of running.values()) await server.verifyLedger?.()

    const titles = Object.fromEntries(targets.map(({ name, title }) => [name, title]))
    const rows = rowsFromRuns(runs)
    const goals = goalsFromRuns(runs, memoryMib)
    console.log(`\n${formatRows(rows, titles)}\n`)
    console.log(
      `${formatTable([['target', 'peak MiB'], ...Object.entries(memoryMib).map(([name, mib]) => [`(${name}) ${titles[name]}`, mib.toFixed(0)])])}\n`,
    )
    if (goals.length > 0) console.log(`${formatGoals(goals)}\n`)

    const postgres = { version: databases.version, settings: databases.settings }
    const { seconds, rounds } = options
    const result = { environment, postgres, seconds, rounds, titles, medians: rows, memoryMib, goals, runs }
    await writeResult(options.output, result)
  } finally {
    await Promise.allSettled([...running.values()].map((server) => server.stop()))
    await databases.close()
  }
}

interface RunSettings {
  readonly users: UserGroup
  readonly connections: number
  readonly seconds: number
  readonly signal: AbortSignal
}

/** One warm-up and one measured run, checked against the database. */
async function measureRun(
  server: RunningTarget,
  settings: RunSettings,
): Promise<Omit<Run, 'target' | 'round'>> {
  const { users, connections, seconds, signal } = settings
  const load = {
    url: server.url,
    request: trackUsageRequest,
    tokens: server.tokens[users],
    connections,
    signal,
  }
  await measureLoad({ ...load, seconds: warmUpSeconds })
  const before = server.readCounts && (await readSettledCounts(server.readCounts))
  const { requests, requestsPerSecond, p50Ms, p99Ms } = await measureLoad({ ...load, seconds })
  if (before && server.readCounts) {
    verifyCounts(before, await readSettledCounts(server.readCounts), requests, connections)
  }
  return { users, connections, requestsPerSecond, p50Ms, p99Ms }
}

function formatProgress(target: Target, run: Omit<Run, 'target' | 'round'>): string {
  const setting = `${userGroupTitle(run.users)}, ${run.connections} connections`
  return `${setting}  (${target.name})  ${Math.round(run.requestsPerSecond)}/s  p50 ${run.p50Ms} ms  p99 ${run.p99Ms} ms`
}

function parseOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string' },
      connections: { type: 'string', default: '32,128' },
      'database-url': { type: 'string' },
      output: { type: 'string', default: join(import.meta.dirname, 'results/track-usage.json') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const only = values.only?.split(',') ?? null
  const unknown = only?.find((name) => !['a', 'b', 'c', 'd'].includes(name))
  if (unknown !== undefined) throw new Error(`--only: there is no target "${unknown}".`)
  return {
    seconds: positiveInteger('--seconds', values.seconds),
    rounds: positiveInteger('--rounds', values.rounds),
    connections: values.connections.split(',').map((text) => positiveInteger('--connections', text)),
    only,
    databaseUrl: values['database-url'],
    output: fromCallersFolder(values.output),
  }
}

await runBenchmark(help, parseOptions, main)
