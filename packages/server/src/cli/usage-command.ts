import type { UsageHistoryResponse } from '@promptmeter/contract'
import { type Command, Option } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { findUser } from './find-user.ts'
import { formatDollars } from './money.ts'
import { formatCount, formatTable } from './table.ts'

interface UsageOptions extends ClientOptions {
  readonly from?: string
  readonly to?: string
  readonly interval: 'hour' | 'day' | 'month'
  readonly groupBy?: string
}

export function usageCommand(): Command {
  return clientCommand('usage', 'show the usage of a user over time')
    .argument('<user>', 'the address or the id of the user')
    .option('--from <time>', 'from when, a date or an instant (default: 30 days before the end)')
    .option('--to <time>', 'until when, not included (default: now)')
    .addOption(
      new Option('--interval <size>', 'size of a bucket').choices(['hour', 'day', 'month']).default('day'),
    )
    .addOption(new Option('--group-by <label>', 'split by').choices(['model', 'source']))
    .addHelpText(
      'after',
      `
Times are UTC. Buckets without usage are left out, except in JSON.

Examples:
  $ promptmeter usage ada@example.com
  $ promptmeter usage ada@example.com --from 2026-01-01 --interval month --group-by model`,
    )
    .action(async (name: string, options: UsageOptions) => {
      const client = await connect(options)
      const { id } = await findUser(client, name)
      const { from, to, interval, groupBy } = options
      const history = await client.request<UsageHistoryResponse>('GET', `/api/admin/users/${id}/usage`, {
        query: { from, to, interval, groupBy },
      })
      print(history, options, (answer) => describeHistory(answer, groupBy))
    })
}

interface Line {
  readonly start: string
  readonly name: string
  readonly promptCount: number
  readonly tokenCount: number
  readonly costMicros: number
}

/** How much of an instant tells a bucket from the next. */
const START_LENGTHS = { hour: 16, day: 10, month: 7 }

function describeHistory(history: UsageHistoryResponse, groupBy: string | undefined): string {
  const { from, to, interval, promptCount, tokenCount, costMicros } = history
  const lines = history.buckets
    .filter((bucket) => bucket.promptCount > 0 || bucket.tokenCount > 0 || bucket.costMicros > 0)
    .flatMap((bucket): Line[] => {
      const start = bucket.start.slice(0, START_LENGTHS[interval]).replace('T', ' ')
      if (bucket.groups === undefined) return [{ ...bucket, start, name: '' }]
      return bucket.groups.map((group) => ({ ...group, start, name: group.name ?? '(none)' }))
    })
  const range = `${from.slice(0, 16).replace('T', ' ')} to ${to.slice(0, 16).replace('T', ' ')} UTC`
  if (lines.length === 0) return `No usage from ${range}.\n`
  const total = { start: 'Total', name: '', promptCount, tokenCount, costMicros }
  const table = formatTable<Line>(
    [
      { title: `${interval[0]?.toUpperCase()}${interval.slice(1)} (UTC)`, value: ({ start }) => start },
      ...(groupBy === undefined
        ? []
        : [{ title: groupBy === 'model' ? 'Model' : 'Source', value: ({ name }: Line) => name }]),
      { title: 'Prompts', value: (line) => formatCount(line.promptCount), numeric: true },
      { title: 'Tokens', value: (line) => formatCount(line.tokenCount), numeric: true },
      ...(costMicros === 0
        ? []
        : [{ title: 'Cost', value: (line: Line) => formatDollars(line.costMicros), numeric: true }]),
    ],
    [...lines, total],
  )
  return `Usage from ${range}\n\n${table}`
}
