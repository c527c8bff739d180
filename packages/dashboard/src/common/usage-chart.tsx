import { Box, Group, Paper, Stack, Text } from '@mantine/core'
import type { UsageInterval } from '@promptmeter/contract'
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from 'recharts'
import { bucketName } from '../shown/moments.ts'
import { exactNumber, shortNumber, type Unit } from '../shown/numbers.ts'
import { type ChartBucket, type ChartMeter, chartSeries, unitOf } from './chart-series.ts'

export interface UsageChartProps {
  readonly buckets: readonly ChartBucket[]
  readonly interval: UsageInterval
  readonly meter: ChartMeter
  /** What is shown, for who cannot see it. */
  readonly label: string
}

const HEIGHT = 280
const AXIS = { fontSize: 12, fill: 'var(--mantine-color-dimmed)' } as const

/** Usage over time as bars, split by the groups of the buckets where they have some. */
export function UsageChart({ buckets, interval, meter, label }: UsageChartProps) {
  const { series, rows } = chartSeries(buckets, meter)
  const unit = unitOf(meter)
  const nameOf = (start: string) => bucketName(start, interval)
  return (
    <Box component="figure" m={0} aria-label={label}>
      <BarChart
        responsive
        style={{ width: '100%', height: HEIGHT }}
        data={rows}
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        title={label}
      >
        <CartesianGrid vertical={false} stroke="var(--mantine-color-default-border)" strokeDasharray="4 4" />
        <XAxis dataKey="start" tickFormatter={nameOf} tick={AXIS} tickLine={false} minTickGap={32} />
        <YAxis
          tickFormatter={(value: number) => shortNumber(value, unit)}
          tick={AXIS}
          tickLine={false}
          axisLine={false}
          width={64}
          allowDecimals={unit === 'cost'}
        />
        <Tooltip
          cursor={{ fill: 'var(--mantine-color-default-hover)' }}
          isAnimationActive={false}
          content={({ active, label: start, payload }) =>
            active ? <Bucket name={nameOf(String(start))} bars={payload} unit={unit} /> : null
          }
        />
        {series.map(({ key, name, color }) => (
          <Bar
            key={key}
            dataKey={key}
            name={name}
            stackId="all"
            fill={color}
            maxBarSize={48}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
      <Group
        component="ul"
        gap="md"
        justify="center"
        m={0}
        mt="xs"
        p={0}
        mih={22}
        style={{ listStyle: 'none' }}
      >
        {series.length > 1 &&
          series.map(({ key, name, color }) => (
            <Group component="li" key={key} gap={6} wrap="nowrap">
              <Swatch color={color} />
              <Text size="xs">{name}</Text>
            </Group>
          ))}
      </Group>
    </Box>
  )
}

interface BucketProps {
  readonly name: string
  readonly bars: readonly { readonly name?: unknown; readonly value?: unknown; readonly color?: string }[]
  readonly unit: Unit
}

/** What a bucket holds, where the pointer or the arrow keys are. */
function Bucket({ name, bars, unit }: BucketProps) {
  const filled = bars.filter(({ value }) => Number(value) > 0)
  const total = filled.reduce((sum, { value }) => sum + Number(value), 0)
  return (
    <Paper withBorder shadow="md" p="xs" fz="xs">
      <Stack gap={4}>
        <Group justify="space-between" gap="lg">
          <Text fz="xs" fw={600}>
            {name}
          </Text>
          <Text fz="xs" fw={600} className="number">
            {exactNumber(total, unit)}
          </Text>
        </Group>
        {bars.length > 1 &&
          filled.map((bar) => (
            <Group key={String(bar.name)} justify="space-between" gap="lg" wrap="nowrap">
              <Group gap={6} wrap="nowrap">
                <Swatch color={bar.color ?? 'gray'} />
                {String(bar.name)}
              </Group>
              <span className="number">{exactNumber(Number(bar.value), unit)}</span>
            </Group>
          ))}
      </Stack>
    </Paper>
  )
}

function Swatch({ color }: { readonly color: string }) {
  return <Box w={10} h={10} style={{ borderRadius: 2, background: color, flex: 'none' }} aria-hidden="true" />
}
