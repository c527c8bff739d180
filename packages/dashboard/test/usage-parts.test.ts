import { describe, expect, it } from 'vitest'
import { chartSeries, groupsOf } from '../src/common/chart-series.ts'
import { largestOf, sharesOf } from '../src/common/group-shares.ts'
import { rangeQuery } from '../src/common/usage-range.ts'

const groups = Array.from({ length: 12 }, (_, index) => ({
  name: index === 0 ? null : `model-${index}`,
  promptCount: 12 - index,
  tokenCount: 0,
  costMicros: 0,
}))
const bucket = { start: '2026-11-24', promptCount: 78, tokenCount: 0, costMicros: 0, groups }

it('a range is whole buckets in UTC, with the present one as the last', () => {
  const at = Date.parse('2026-03-31T23:59:59Z')
  expect(rangeQuery('day', at)).toEqual({ from: '2026-03-31T00:00:00.000Z', interval: 'hour' })
  expect(rangeQuery('week', at)).toEqual({ from: '2026-03-25', interval: 'day' })
  expect(rangeQuery('month', at)).toEqual({ from: '2026-03-02', interval: 'day' })
  expect(rangeQuery('year', at)).toEqual({ from: '2025-04-01', interval: 'month' })
})

describe('the groups of a chart', () => {
  it('add up, whatever is put together', () => {
    const shares = largestOf(sharesOf(groupsOf([bucket, bucket]), 'promptCount'))
    expect(shares).toHaveLength(8)
    expect([shares[0]?.name, shares[7]?.name]).toEqual(['not named', 'all others'])
    expect(shares.reduce((sum, { value }) => sum + value, 0)).toBe(2 * 78)
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  })

  it('that used nothing are left out', () => {
    expect(sharesOf(groups, 'tokenCount')).toEqual([])
  })

  it('stand in every bar with all of its height, the small ones together', () => {
    const { series, rows } = chartSeries([bucket, { ...bucket, groups: [] }], 'promptCount')
    expect(series.map(({ name }) => name).at(-1)).toBe('all others')
    const heights = rows.map((row) => series.reduce((sum, { key }) => sum + Number(row[key as never]), 0))
    expect(heights).toEqual([78, 0])
  })

  it('are one bar where nothing is split', () => {
    const { series, rows } = chartSeries([{ ...bucket, groups: [] }], 'promptCount')
    expect(series.map(({ name }) => name)).toEqual(['Prompts'])
    expect(rows).toEqual([{ start: '2026-11-24', s0: 78 }])
  })
})
