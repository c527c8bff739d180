import { Group, SegmentedControl, Text } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { Address } from '../common/address.ts'
import { RANGE_NAMES } from '../common/usage-choices.tsx'
import { type OverviewRange, RANGES, type RangeName, spanOf } from './overview-range.ts'

/** Most visits choose no days, and its fields weigh something. */
const CustomRange = lazy(() => import('./custom-range.tsx'))

const CHOICES: { value: RangeName; label: string }[] = [
  ...(['day', 'week', 'month', 'year'] as const).map((value) => ({ value, label: RANGE_NAMES[value] })),
  { value: 'custom', label: 'Custom' },
]

export interface RangeControlProps {
  readonly range: OverviewRange
  readonly address: Address
  /** What is shown, in words; undefined until it is there. */
  readonly shown: string | undefined
}

/** Which time the page tells of. */
export function RangeControl({ range, address, shown }: RangeControlProps) {
  const choose = (name: string) => {
    if (name === 'custom') address.change({ range: name, ...spanOf(range, Date.now()) })
    else address.change({ range: name === RANGES[0] ? null : name, from: null, to: null })
  }
  return (
    <Group gap="sm">
      <SegmentedControl aria-label="Range" value={range.name} onChange={choose} data={CHOICES} />
      {range.name === 'custom' && (
        <Suspense>
          <CustomRange
            key={`${range.from} ${range.to}`}
            span={range}
            onApply={({ from, to }) => address.change({ range: 'custom', from, to })}
          />
        </Suspense>
      )}
      <Text size="sm" c="dimmed" mih="1.4rem">
        {shown}
      </Text>
    </Group>
  )
}
