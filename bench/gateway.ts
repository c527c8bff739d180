/** `npm run bench:gateway`: an OpenAI-compatible gateway that holds limits and meters, beside one that does not, and none. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fromCallersFolder, positiveInteger, runBenchmark } from './command-line.ts'
import { type Databases, openDatabases } from './databases.ts'
import { readEnvironment } from './environment.ts'
import { measureFirstByte } from './first-byte.ts'
import { chatPath, GatewayCaller } from './gateway-call.ts'
import {
  answerTitle,
  type FirstByteTimes,
  formatGatewayCosts,
  formatGatewayRows,
  type GatewayRun,
  gatewayGoals,
  gatewayRowsFromRuns,
} from './gateway-report.ts'
import {
  type AnswerBytes,
  type AnswerForm,
  questions,
  readCountsWithoutHolds,
  verifyBytes,
  verifyGatewayAnswers,
  verifyGatewayCounts,
} from './gateway-verify.ts'
import { measureLoad } from './load.ts'
import { readPeakMemoryMib } from './memory.ts'
import { formatGoals } from './report.ts'
import { writeResult } from './result-file.ts'
import { median } from './statistics.ts'
import {
  type GatewayName,
  type GatewayTarget,
  gatewayNames,
  type RunningGateway,
} from './targets/gateway-target.ts'
import { portkeyTarget } from './targets/portkey.ts'
import { promptmeterGatewayTarget } from './targets/promptmeter-gateway.ts'
import { directTarget, startUpstream } from './targets/upstream.ts'
import { chatRequestBody } from './upstream/chat-completion.ts'

const help = `Usage: npm run bench:gateway -- [options]

Measures POST /v1/chat/completions on this machine, as JSON and streamed, with one upstream that answers at once:
  direct       straight to the upstream
  promptmeter  Promptmeter on PostgreSQL: 1,000 users, sessions, limits, durable metering
  portkey      Portkey's gateway from npm, without users and metering

Options:
  --seconds N         length of each measured run (default 8)
  --rounds N          rounds, of which the medians are taken (default 3)
  --only direct,portkey
                      measure these targets only
  --connections N,N   connections to measure with (default 16,64; the goals need both)
  --writes N          writes to the socket in which the upstream sends a stream of 22 events and its end, at least 2
                      (default 2: the first event, the others; 23: one for each)
  --database-url URL  use this PostgreSQL (a superuser's URL; databases are made and dropped there)
                      instead of one started for the benchmark
  --output FILE       where the JSON goes (default bench/results/gateway.json)
  --help              print this

Needs wrk (apt-get install wrk), and npm to install Portkey into bench/.portkey the first time. A run of all takes about
7 minutes.`

const warmUpSeconds = 2
const answerForms: readonly AnswerForm[] = ['json', 'stream']

interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly connections: readonly number[]
  readonly writes: number
  readonly only: readonly GatewayName[]
  readonly databaseUrl: string | undefined
  readonly output: string
}

interface Site {
  readonly target: GatewayTarget
  readonly gateway: RunningGateway
  readonly answerBytes: AnswerBytes
}

async function main(options: Options, signal: AbortSignal): Promise<void> {
  const environment = await readEnvironment()
  const databases = options.only.includes('promptmeter') ? await openDatabases(options.databaseUrl) : null
  const stops: (() => Promise<void>)[] = []
  try {
    const upstream = await startUpstream(options.writes)
    stops.push(upstream.stop)
    const targets = targetsOf(databases).filter(({ name }) => options.only.includes(name))
    const sites: Site[] = []
    for (const target of targets) {
      signal.throwIfAborted()
      const gateway = await target.start(upstream)
      stops.push(gateway.stop)
      sites.push({ target, gateway, answerBytes: await verifyAnswersOf(target, gateway) })
    }

    const runs: GatewayRun[] = []
    const firstBytes: FirstByteTimes[] = []
    const memoryMib: Partial<Record<GatewayName, number>> = {}
    const gateways = new Map(sites.map(({ target, gateway }) => [target.name, gateway]))
    // Targets take turns inside each setting, so that the runs to be compared are neighbours in time.
    for (let round = 1; round <= options.rounds; round++) {
      for (const answer of answerForms) {
        for (const connections of options.connections) {
          for (const site of sites) {
            signal.throwIfAborted()
            await databases?.checkpoint()
            const run = await measureRun(site, { answer, connections, seconds: options.seconds, signal })
            runs.push({ target: site.target.name, round, ...run })
            memoryMib[site.target.name] = await readPeakMemoryMib(site.gateway.pid)
            process.stderr.write(`round ${round}/${options.rounds}  ${formatProgress(site.target, run)}\n`)
          }
        }
      }
      firstBytes.push(await measureFirstByte(gateways, signal))
    }

    for (const { gateway } of sites) {
      if (gateway.ledger) await readCountsWithoutHolds(gateway.ledger)
      await gateway.ledger?.verify()
    }

    const titles = Object.fromEntries(targets.map(({ name, title }) => [name, title]))
    const rows = gatewayRowsFromRuns(runs)
    const goals = gatewayGoals(runs, firstBytes, memoryMib)
    const firstByteMs = mediansOf(firstBytes)
    console.log(
      `\n${formatGatewayRows(rows, titles)}\n\n${formatGatewayCosts(firstByteMs, memoryMib, titles)}\n`,
    )
    if (goals.length > 0) console.log(`${formatGoals(goals)}\n`)
    const notes = targets.flatMap(({ note }) => note ?? [])
    if (notes.length > 0) console.log(`${notes.join('\n')}\n`)

    const postgres = databases && { version: databases.version, settings: databases.settings }
    const { seconds, rounds, writes } = options
    const settings = { environment, postgres, seconds, rounds, upstreamWrites: writes, titles, notes }
    const result = { ...settings, medians: rows, firstByteMs, memoryMib, goals, runs, firstBytes }
    await writeResult(options.output, result)
  } finally {
    await Promise.allSettled(stops.map((stop) => stop()))
    await databases?.close()
  }
}

function targetsOf(databases: Databases | null): GatewayTarget[] {
  return [directTarget, ...(databases ? [promptmeterGatewayTarget(databases)] : []), portkeyTarget]
}

async function verifyAnswersOf(target: GatewayTarget, gateway: RunningGateway): Promise<AnswerBytes> {
  const caller = new GatewayCaller(gateway)
  try {
    return await verifyGatewayAnswers(caller)
  } catch (error) {
    throw new Error(`${target.name}: ${(error as Error).message}`, { cause: error })
  } finally {
    caller.close()
  }
}

interface RunSettings {
  readonly answer: AnswerForm
  readonly connections: number
  readonly seconds: number
  readonly signal: AbortSignal
}

type MeasuredRun = Omit<GatewayRun, 'target' | 'round'>

/** One warm-up and one measured run, checked against the verified answer and the database. */
async function measureRun({ gateway, answerBytes }: Site, settings: RunSettings): Promise<MeasuredRun> {
  const { answer, connections, seconds, signal } = settings
  const { url, tokens, headers = {}, ledger } = gateway
  const body = chatRequestBody(questions[answer])
  const load = {
    url,
    request: { method: 'POST', path: chatPath, body, headers },
    tokens,
    connections,
    signal,
  } as const
  await measureLoad({ ...load, seconds: warmUpSeconds })
  const before = ledger && (await readCountsWithoutHolds(ledger))
  const result = await measureLoad({ ...load, seconds })
  verifyBytes(result, answerBytes[answer])
  if (before && ledger) {
    const after = await readCountsWithoutHolds(ledger)
    verifyGatewayCounts(before, after, { answered: result.requests, connections })
  }
  const { requestsPerSecond, p50Ms, p99Ms } = result
  return { answer, connections, requestsPerSecond, p50Ms, p99Ms }
}

function mediansOf(rounds: readonly FirstByteTimes[]): FirstByteTimes {
  const names = Object.keys(rounds[0] ?? {}) as GatewayName[]
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name] as number))]))
}

function formatProgress(target: GatewayTarget, run: MeasuredRun): string {
  const setting = `${answerTitle(run.answer)}, ${run.connections} connections`
  return `${setting}  ${target.name}  ${Math.round(run.requestsPerSecond)}/s  p50 ${run.p50Ms} ms  p99 ${run.p99Ms} ms`
}

function parseOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: gatewayNames.join() },
      connections: { type: 'string', default: '16,64' },
      writes: { type: 'string', default: '2' },
      'database-url': { type: 'string' },
      output: { type: 'string', default: join(import.meta.dirname, 'results/gateway.json') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const only = values.only.split(',').map((text) => {
    const name = gatewayNames.find((candidate) => candidate === text)
    if (name === undefined) throw new Error(`--only: there is no target "${text}".`)
    return name
  })
  const writes = positiveInteger('--writes', values.writes)
  if (writes < 2)
    throw new Error('--writes: the first event has a write of its own, so there are at least 2.')
  return {
    seconds: positiveInteger('--seconds', values.seconds),
    rounds: positiveInteger('--rounds', values.rounds),
    connections: values.connections.split(',').map((text) => positiveInteger('--connections', text)),
    writes,
    only,
    databaseUrl: values['database-url'],
    output: fromCallersFolder(values.output),
  }
}

await runBenchmark(help, parseOptions, main)
