import { median } from './statistics.ts'

export type UserGroup = 'thousand' | 'hot'

/** What every measured run has, whatever it is a run of. */
export interface Measurement {
  readonly target: string
  readonly round: number
  readonly connections: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** One measured run of one target. */
export interface Run extends Measurement {
  readonly users: UserGroup
}

/** The medians over all rounds of one target at one setting. */
export type Row = Omit<Run, 'round'>

/** A ratio that was aimed for. */
export interface Goal {
  readonly title: string
  readonly aim: string
  /** The median of the ratios of each round: both of its runs met the same noise. */
  readonly value: number
  readonly lowest: number
  readonly highest: number
  readonly reached: boolean
}

export function rowsFromRuns(runs: readonly Run[]): Row[] {
  return mediansFromRuns(runs, ({ users }) => users)
}

/** The medians over all rounds of each target at each setting: its connections, and whatever else `settingOf` tells apart. */
export function mediansFromRuns<R extends Measurement>(
  runs: readonly R[],
  settingOf: (run: R) => string,
): Omit<R, 'round'>[] {
  const groups = Map.groupBy(runs, (run) => `${settingOf(run)} ${run.connections} ${run.target}`)
  return [...groups.values()].map((group) => {
    const { round: _, ...first } = group[0] as R
    const middle = (field: 'requestsPerSecond' | 'p50Ms' | 'p99Ms'): number =>
      median(group.map((run) => run[field]))
    return {
      ...first,
      requestsPerSecond: middle('requestsPerSecond'),
      p50Ms: middle('p50Ms'),
      p99Ms: middle('p99Ms'),
    }
  })
}

const goalConnections = 128
const maxMemoryMib = 200

/** Judges what was measured. A goal whose targets were left out is left out. */
export function goalsFromRuns(runs: readonly Run[], memoryMib: Readonly<Record<string, number>>): Goal[] {
  const ratio = (title: string, over: RunPick, under: RunPick, bound: Bound): Goal[] => {
    const values = runs
      .filter((run) => matches(run, over))
      .flatMap((run) => {
        const other = runs.find((candidate) => candidate.round === run.round && matches(candidate, under))
        return other === undefined ? [] : [run[over.field] / other[under.field]]
      })
    return values.length === 0 ? [] : [goalFromValues(title, values, bound)]
  }
  const throughput = (target: string, users: UserGroup): RunPick => ({
    target,
    users,
    field: 'requestsPerSecond',
  })
  const groups = ['thousand', 'hot'] as const

  const goals = [
    ...groups.flatMap((users) =>
      ratio(`a / b throughput, ${userGroupTitle(users)}`, throughput('a', users), throughput('b', users), {
        least: 10,
      }),
    ),
    ...groups.flatMap((users) =>
      ratio(`a / c throughput, ${userGroupTitle(users)}`, throughput('a', users), throughput('c', users), {
        least: 0.5,
      }),
    ),
    ...ratio('a, one hot user / 1,000 users', throughput('a', 'hot'), throughput('a', 'thousand'), {
      least: 0.9,
    }),
    ...groups.flatMap((users) =>
      ratio(
        `p99 of a / p50 of b, ${userGroupTitle(users)}`,
        { target: 'a', users, field: 'p99Ms' },
        { target: 'b', users, field: 'p50Ms' },
        { below: 1 },
      ),
    ),
  ]
  const memory = memoryMib.a
  if (memory !== undefined)
    goals.push(goalFromValues('peak memory of a, MiB', [memory], { most: maxMemoryMib }))
  return goals
}

interface RunPick {
  readonly target: string
  readonly users: UserGroup
  readonly field: 'requestsPerSecond' | 'p50Ms' | 'p99Ms'
}

export type Bound = { readonly least: number } | { readonly below: number } | { readonly most: number }

function matches(run: Run, pick: RunPick): boolean {
  return run.connections === goalConnections && run.target === pick.target && run.users === pick.users
}

/** Also used for goals that are no ratio of two runs of this benchmark. */
export function goalFromValues(title: string, values: readonly number[], bound: Bound): Goal {
  const value = median(values)
  const [aim, reached] =
    'least' in bound
      ? [`≥ ${bound.least}`, value >= bound.least]
      : 'below' in bound
        ? [`< ${bound.below}`, value < bound.below]
        : [`≤ ${bound.most}`, value <= bound.most]
  return { title, aim, value, lowest: Math.min(...values), highest: Math.max(...values), reached }
}

export function userGroupTitle(users: UserGroup): string {
  return users === 'hot' ? 'one hot user' : '1,000 users'
}

/** Lines of aligned columns; the first row is the heading, and columns after the first are set to the right. */
export function formatTable(rows: readonly (readonly string[])[], leftColumns = 1): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < leftColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

export function formatRows(rows: readonly Row[], titles: Readonly<Record<string, string>>): string {
  const heading = ['users', 'connections', 'target', 'requests/s', 'p50 ms', 'p99 ms']
  const cells = rows.map((row) => [
    userGroupTitle(row.users),
    String(row.connections),
    `(${row.target}) ${titles[row.target] ?? ''}`,
    Math.round(row.requestsPerSecond).toLocaleString('en'),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
  ])
  return formatTable([heading, ...cells], 3)
}

export function formatGoals(goals: readonly Goal[]): string {
  const heading = ['goal', 'aim', 'measured', 'lowest', 'highest', 'reached']
  const cells = goals.map((goal) => [
    goal.title,
    goal.aim,
    goal.value.toFixed(2),
    goal.lowest.toFixed(2),
    goal.highest.toFixed(2),
    goal.reached ? 'yes' : 'NO',
  ])
  return formatTable([heading, ...cells])
}
