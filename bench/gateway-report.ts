import type { AnswerForm } from './gateway-verify.ts'
import {
  type Bound,
  formatTable,
  type Goal,
  goalFromValues,
  type Measurement,
  mediansFromRuns,
} from './report.ts'
import { median } from './statistics.ts'
import type { GatewayName } from './targets/gateway-target.ts'

/** One measured run of one gateway. */
export interface GatewayRun extends Measurement {
  readonly target: GatewayName
  readonly answer: AnswerForm
}

/** The medians over all rounds of one gateway at one setting. */
export interface GatewayRow extends Omit<GatewayRun, 'round'> {
  /** What the gateway adds to the median time of an answer: its own minus the direct one's of the same round. */
  readonly addedP50Ms?: number
}

/** The times of one round, in milliseconds. */
export type FirstByteTimes = Partial<Record<GatewayName, number>>

/** One setting in one round: its runs are neighbours in time. */
type Neighbours = Partial<Record<GatewayName, GatewayRun>>

export function gatewayRowsFromRuns(runs: readonly GatewayRun[]): GatewayRow[] {
  return mediansFromRuns(runs, ({ answer }) => answer).map((row) => {
    const added = neighboursOf(runs, row.answer, row.connections).flatMap((neighbours) => {
      const value = addedP50(neighbours, row.target)
      return value === null || row.target === 'direct' ? [] : [value]
    })
    return added.length === 0 ? row : { ...row, addedP50Ms: median(added) }
  })
}

const answerForms: readonly AnswerForm[] = ['json', 'stream']
const leastThroughput: Readonly<Record<number, number>> = { 64: 4, 16: 2.5 }
const maxFirstByteDelayMs = 2
const maxMemoryMib = 250

/** Judges what was measured. A goal whose targets were left out is left out. */
export function gatewayGoals(
  runs: readonly GatewayRun[],
  firstBytes: readonly FirstByteTimes[],
  memoryMib: Partial<Record<GatewayName, number>>,
): Goal[] {
  const goals: Goal[] = []
  const aim = (title: string, values: readonly (number | null)[], bound: Bound) => {
    const known = values.filter((value) => value !== null)
    if (known.length > 0) goals.push(goalFromValues(title, known, bound))
  }
  const settings = [...new Set(runs.map(({ connections }) => connections))].flatMap((connections) =>
    answerForms.map((answer) => ({
      title: `${answerTitle(answer)}, ${connections}`,
      least: leastThroughput[connections],
      neighbours: neighboursOf(runs, answer, connections),
    })),
  )
  for (const { title, least, neighbours } of settings) {
    if (least !== undefined)
      aim(`promptmeter / portkey throughput, ${title}`, neighbours.map(throughputRatio), { least })
  }
  for (const { title, neighbours } of settings) {
    aim(`promptmeter / portkey added p50, ${title}`, neighbours.map(addedP50Ratio), { below: 0.5 })
  }
  aim('first streamed byte later than direct, ms', firstBytes.map(firstByteDelay), {
    most: maxFirstByteDelayMs,
  })
  aim('peak memory of promptmeter, MiB', [memoryMib.promptmeter ?? null], { most: maxMemoryMib })
  return goals
}

function neighboursOf(runs: readonly GatewayRun[], answer: AnswerForm, connections: number): Neighbours[] {
  const same = runs.filter((run) => run.answer === answer && run.connections === connections)
  return [...Map.groupBy(same, ({ round }) => round).values()].map((round) =>
    Object.fromEntries(round.map((run) => [run.target, run])),
  )
}

function throughputRatio({ promptmeter, portkey }: Neighbours): number | null {
  return promptmeter && portkey ? promptmeter.requestsPerSecond / portkey.requestsPerSecond : null
}

function addedP50({ direct, ...gateways }: Neighbours, target: GatewayName): number | null {
  const gateway = target === 'direct' ? direct : gateways[target]
  return direct && gateway ? gateway.p50Ms - direct.p50Ms : null
}

function addedP50Ratio(neighbours: Neighbours): number | null {
  const promptmeter = addedP50(neighbours, 'promptmeter')
  const portkey = addedP50(neighbours, 'portkey')
  return promptmeter !== null && portkey !== null ? promptmeter / portkey : null
}

function firstByteDelay({ direct, promptmeter }: FirstByteTimes): number | null {
  return direct !== undefined && promptmeter !== undefined ? promptmeter - direct : null
}

export function answerTitle(answer: AnswerForm): string {
  return answer === 'stream' ? 'streamed' : 'JSON'
}

type Titles = Readonly<Partial<Record<GatewayName, string>>>

export function formatGatewayRows(rows: readonly GatewayRow[], titles: Titles): string {
  const heading = ['answer', 'connections', 'target', 'requests/s', 'p50 ms', 'p99 ms', 'added p50 ms']
  const cells = rows.map((row) => [
    answerTitle(row.answer),
    String(row.connections),
    titleOf(row.target, titles),
    Math.round(row.requestsPerSecond).toLocaleString('en'),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.addedP50Ms?.toFixed(2) ?? '',
  ])
  return formatTable([heading, ...cells], 3)
}

/** One line per gateway: how soon a stream begins, and the most memory it took. */
export function formatGatewayCosts(
  firstByteMs: FirstByteTimes,
  memoryMib: Partial<Record<GatewayName, number>>,
  titles: Titles,
): string {
  const names = Object.keys(memoryMib) as GatewayName[]
  const cells = names.map((name) => [
    titleOf(name, titles),
    firstByteMs[name]?.toFixed(2) ?? '',
    memoryMib[name]?.toFixed(0) ?? '',
  ])
  return formatTable([['target', 'first byte ms', 'peak MiB'], ...cells])
}

function titleOf(name: GatewayName, titles: Titles): string {
  return `${name}: ${titles[name]}`
}
