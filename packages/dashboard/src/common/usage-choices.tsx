import { SegmentedControl } from '@mantine/core'
import type { Address } from './address.ts'
import { CHART_METER_NAMES, CHART_METERS, type ChartMeter } from './chart-series.ts'
import type { UsageRange } from './usage-range.ts'

/** As the address calls what a chart shows. */
const METER_WORDS: Record<ChartMeter, string> = {
  promptCount: 'prompts',
  tokenCount: 'tokens',
  costMicros: 'cost',
}

export const RANGE_NAMES: Record<UsageRange, string> = {
  day: 'Day',
  week: 'Week',
  month: 'Month',
  year: 'Year',
}

export const SPLIT_NAMES = {
  none: 'All',
  model: 'By model',
  source: 'By source',
  plan: 'By plan',
} as const
export type UsageSplit = keyof typeof SPLIT_NAMES

export function readMeter(address: Address): ChartMeter {
  return CHART_METERS.find((meter) => METER_WORDS[meter] === address.get('meter')) ?? CHART_METERS[0]
}

export interface AddressChoiceProps {
  readonly label: string
  /** Of the value in the address. */
  readonly name: string
  readonly value: string
  /** What holds where the address names nothing. */
  readonly usual: string
  readonly choices: readonly { readonly value: string; readonly label: string }[]
  readonly address: Address
}

/** One of a few, kept in the address; the usual one leaves it clean. */
export function AddressChoice({ label, name, value, usual, choices, address }: AddressChoiceProps) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={label}
      value={value}
      onChange={(chosen) => address.change({ [name]: chosen === usual ? null : chosen })}
      data={[...choices]}
    />
  )
}

/** What a chart shows: prompts, tokens or cost. */
export function MeterChoice({ meter, address }: { readonly meter: ChartMeter; readonly address: Address }) {
  return (
    <AddressChoice
      label="Meter"
      name="meter"
      value={METER_WORDS[meter]}
      usual={METER_WORDS[CHART_METERS[0]]}
      choices={CHART_METERS.map((each) => ({ value: METER_WORDS[each], label: CHART_METER_NAMES[each] }))}
      address={address}
    />
  )
}

export interface SplitChoiceProps {
  readonly split: UsageSplit
  readonly usual: UsageSplit
  readonly splits: readonly UsageSplit[]
  readonly address: Address
}

/** What the bars of a chart are split by. */
export function SplitChoice({ split, usual, splits, address }: SplitChoiceProps) {
  return (
    <AddressChoice
      label="Split"
      name="by"
      value={split}
      usual={usual}
      choices={splits.map((value) => ({ value, label: SPLIT_NAMES[value] }))}
      address={address}
    />
  )
}
