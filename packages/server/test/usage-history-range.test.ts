import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseInstant } from '../src/instant.ts'
import { historyRange } from '../src/usage/history-range.ts'
import { toUsageHistory } from '../src/usage/usage-history.ts'

const NOW = new Date('2026-11-23T10:20:30.400Z')
const refused = expect.objectContaining({ code: 'invalid_request' })

describe('an instant', () => {
  it.each([
    ['2026-11-23T09:30:00Z', '2026-11-23T09:30:00.000Z'],
    ['2026-11-23t09:30:00z', '2026-11-23T09:30:00.000Z'],
    ['2026-11-23T09:30:00.123456789Z', '2026-11-23T09:30:00.123Z'],
    ['2026-11-23T00:30:00+02:00', '2026-11-22T22:30:00.000Z'],
    ['2026-11-23T23:30:00-05:30', '2026-11-24T05:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['2999-12-31T23:59:59Z', '2999-12-31T23:59:59.000Z'],
  ])('%s is %s', (text, iso) => {
    expect(parseInstant(text)?.toISOString()).toBe(iso)
  })

  it.each([
    '',
    'now',
    '1700000000',
    '2026-11-23',
    '2026-11-23T09:30Z',
    '2026-11-23T09:30:00',
    '2026-11-23 09:30:00Z',
    '2026-11-23T09:30:00+0200',
    '2026-11-23T09:30:00+24:00',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T09:60:00Z',
    '2026-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '3000-01-01T00:00:00Z',
    '+012026-11-23T09:30:00Z',
    '2026-11-23T09:30:00Zx',
    '２026-11-23T09:30:00Z',
  ])('is not %j', (text) => {
    expect(parseInstant(text)).toBeNull()
  })

  it('is every time that JavaScript writes between 1970 and 2999', () => {
    const dates = fc.date({
      min: new Date(0),
      max: new Date('2999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(fc.property(dates, (date) => parseInstant(date.toISOString())?.getTime() === date.getTime()))
  })
})

describe('the range of a history', () => {
  it.each([
    ['hour', '2026-11-23T09:59:59Z', '2026-11-23T11:00:00Z', ['2026-11-23T09', '2026-11-23T10']],
    ['hour', '2026-11-23T09:00:00Z', '2026-11-23T09:00:00.001Z', ['2026-11-23T09']],
    ['day', '2026-02-27', '2026-03-02', ['2026-02-27', '2026-02-28', '2026-03-01']],
    ['day', '2024-02-28T23:59:59Z', '2024-03-01T00:00:00Z', ['2024-02-28', '2024-02-29']],
    ['month', '2026-12-31', '2027-01-01T00:00:01Z', ['2026-12-01', '2027-01-01']],
    ['month', '2026-01-31', '2026-04-01', ['2026-01-01', '2026-02-01', '2026-03-01']],
    ['day', '2026-03-28T22:30:00-02:00', '2026-03-30T00:00:00+02:00', ['2026-03-29']],
  ] as const)('by %s from %s to %s starts buckets at %j', (interval, from, to, starts) => {
    const range = historyRange({ from, to, interval }, NOW)
    expect(range.starts.map((start) => start.toISOString().slice(0, starts[0].length))).toEqual(starts)
    expect(range.from).toEqual(range.starts[0])
  })

  it('is the last 30 days by day when nothing is said', () => {
    const { from, to, interval, starts } = historyRange({}, NOW)
    expect([from.toISOString(), to.toISOString(), interval, starts.length]).toEqual([
      '2026-10-24T00:00:00.000Z',
      '2026-11-24T00:00:00.000Z',
      'day',
      31,
    ])
  })

  it.each([
    [{ from: '2026-11-02', to: '2026-11-01' }],
    [{ from: '2026-11-01', to: '2026-11-01' }],
    [{ from: '2026-11-24' }],
    [{ from: '2026-02-30', to: '2026-03-05' }],
    [{ from: '2026-11-01T24:00:00Z' }],
    [{ from: '0000-01-01', interval: 'month' }],
    [{ to: '9999-12-31', from: '9999-12-01', interval: 'month' }],
    [{ from: '' }],
    [{ from: '2026' }],
    [{ from: '20261101' }],
    [{ from: "2026-11-01'; drop table users" }],
  ] as const)('is refused for %j', (query) => {
    expect(() => historyRange(query, NOW)).toThrow(refused)
  })

  it('spans 2,000 buckets at most', () => {
    const to = '2026-11-01'
    const daysBefore = (days: number) =>
      new Date(Date.parse(to) - days * 86_400_000).toISOString().slice(0, 10)
    expect(historyRange({ from: daysBefore(2000), to }, NOW).starts).toHaveLength(2000)
    expect(() => historyRange({ from: daysBefore(2001), to }, NOW)).toThrow(refused)
    expect(() => historyRange({ from: '1970-01-01', to, interval: 'hour' }, NOW)).toThrow(refused)
  })

  it('has buckets that touch, hold the whole range, and are whole', () => {
    const moments = fc.date({ min: new Date('2000-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    const intervals = fc.constantFrom('hour' as const, 'day' as const, 'month' as const)
    fc.assert(
      fc.property(
        moments,
        fc.integer({ min: 1, max: 80 * 86_400_000 }),
        intervals,
        (from, spanMs, interval) => {
          const to = new Date(from.getTime() + spanMs)
          const range = historyRange({ from: from.toISOString(), to: to.toISOString(), interval }, NOW)
          expect(range.from.getTime()).toBeLessThanOrEqual(from.getTime())
          expect(range.to.getTime()).toBeGreaterThanOrEqual(to.getTime())
          expect(range.starts.at(-1)?.getTime()).toBeLessThan(to.getTime())
          for (const start of range.starts) {
            expect(start.toISOString()).toMatch(/:00:00\.000Z$/)
            if (interval !== 'hour') expect(start.toISOString()).toMatch(/T00:/)
            if (interval === 'month') expect(start.toISOString()).toMatch(/-01T/)
          }
          const again = historyRange(
            { from: range.from.toISOString(), to: range.to.toISOString(), interval },
            NOW,
          )
          expect(again).toEqual(range)
        },
      ),
    )
  })
})

describe('a history', () => {
  const range = historyRange({ from: '2026-11-01', to: '2026-11-04' }, NOW)
  const day = (number: number) => new Date(Date.UTC(2026, 10, number))

  it('fills gaps with zeros and sums its buckets', () => {
    const rows = [
      { start: day(3), group: null, prompts: 2, tokens: 20, cost: 7 },
      { start: day(1), group: null, prompts: 1, tokens: 5, cost: 0 },
    ]
    expect(toUsageHistory(range, rows, false)).toEqual({
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-04T00:00:00.000Z',
      interval: 'day',
      promptCount: 3,
      tokenCount: 25,
      costMicros: 7,
      buckets: [
        { start: '2026-11-01T00:00:00.000Z', promptCount: 1, tokenCount: 5, costMicros: 0 },
        { start: '2026-11-02T00:00:00.000Z', promptCount: 0, tokenCount: 0, costMicros: 0 },
        { start: '2026-11-03T00:00:00.000Z', promptCount: 2, tokenCount: 20, costMicros: 7 },
      ],
    })
  })

  it('splits a bucket by group, largest first, and calls none null', () => {
    const rows = [
      { start: day(1), group: 'b', prompts: 1, tokens: 5, cost: 0 },
      { start: day(1), group: '', prompts: 9, tokens: 5, cost: 0 },
      { start: day(1), group: 'a', prompts: 1, tokens: 5, cost: 0 },
      { start: day(1), group: 'z', prompts: 0, tokens: 6, cost: 0 },
    ]
    const [first, second] = toUsageHistory(range, rows, true).buckets
    expect(first?.groups?.map(({ name }) => name)).toEqual(['z', null, 'a', 'b'])
    expect(second?.groups).toEqual([])
  })
})
