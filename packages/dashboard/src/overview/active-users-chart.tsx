import { Box, Paper, Text } from '@mantine/core'
import type { OverviewBucket, UsageInterval } from '@promptmeter/contract'
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from 'recharts'
import { bucketName } from '../shown/moments.ts'
import { counted, shortNumber } from '../shown/numbers.ts'

export interface ActiveUsersChartProps {
  readonly buckets: readonly OverviewBucket[]
  readonly interval: UsageInterval
}

const HEIGHT = 300
const AXIS = { fontSize: 12, fill: 'var(--mantine-color-dimmed)' } as const

/** Users with usage in each bucket; one who came twice counts in both. */
export function ActiveUsersChart({ buckets, interval }: ActiveUsersChartProps) {
  const nameOf = (start: string) => bucketName(start, interval)
  const label = `Active users by ${interval}, ${counted(Math.max(...buckets.map(({ activeUsers }) => activeUsers)), 'user')} at most`
  return (
    <Box component="figure" m={0} aria-label={label}>
      <BarChart
        responsive
        style={{ width: '100%', height: HEIGHT }}
        data={[...buckets]}
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        title={label}
      >
        <CartesianGrid vertical={false} stroke="var(--mantine-color-default-border)" strokeDasharray="4 4" />
        <XAxis dataKey="start" tickFormatter={nameOf} tick={AXIS} tickLine={false} minTickGap={32} />
        <YAxis
          tickFormatter={(value: number) => shortNumber(value)}
          tick={AXIS}
          tickLine={false}
          axisLine={false}
          width={48}
          allowDecimals={false}
        />
        <Tooltip
          cursor={{ fill: 'var(--mantine-color-default-hover)' }}
          isAnimationActive={false}
          content={({ active, label: start, payload }) =>
            active ? (
              <Paper withBorder shadow="md" p="xs">
                <Text fz="xs" fw={600}>
                  {nameOf(String(start))}
                </Text>
                <Text fz="xs">{counted(Number(payload[0]?.value ?? 0), 'active user')}</Text>
              </Paper>
            ) : null
          }
        />
        <Bar
          dataKey="activeUsers"
          fill="var(--mantine-color-teal-6)"
          maxBarSize={32}
          isAnimationActive={false}
        />
      </BarChart>
    </Box>
  )
}
