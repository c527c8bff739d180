import { describe, expect, it } from 'vitest'
import { overviewQuery, readRange, spanOf, spanProblem } from '../src/overview/overview-range.ts'

const NOW = Date.parse('2026-11-24T08:20:00Z')
const addressOf = (search: string) => {
  const params = new URLSearchParams(search)
  return (name: string) => params.get(name)
}

describe('the range of the overview', () => {
  it('ends with the bucket that now is in', () => {
    expect(overviewQuery({ name: 'day' }, NOW)).toEqual({
      from: '2026-11-23T09:00:00.000Z',
      interval: 'hour',
    })
    expect(overviewQuery({ name: 'week' }, NOW)).toEqual({ from: '2026-11-18', interval: 'day' })
    expect(overviewQuery({ name: 'month' }, NOW)).toEqual({ from: '2026-10-26', interval: 'day' })
    expect(overviewQuery({ name: 'year' }, NOW)).toEqual({ from: '2025-12-01', interval: 'month' })
  })

  it('includes the last day that was chosen, in buckets as wide as the span asks for', () => {
    const from = '2026-11-01'
    const custom = (to: string) => overviewQuery({ name: 'custom', from, to }, NOW)
    expect(custom('2026-11-01')).toEqual({ from, to: '2026-11-02', interval: 'hour' })
    expect(custom('2026-11-30')).toEqual({ from, to: '2026-12-01', interval: 'day' })
    expect(custom('2027-11-30')).toEqual({ from, to: '2027-12-01', interval: 'month' })
  })

  it('is taken from the address, and is the last 30 days where that names none that can be', () => {
    expect(readRange(addressOf('range=week'), NOW)).toEqual({ name: 'week' })
    expect(readRange(addressOf('range=custom&from=2026-11-01&to=2026-11-02'), NOW)).toEqual({
      name: 'custom',
      from: '2026-11-01',
      to: '2026-11-02',
    })
    for (const search of ['', 'range=ages', 'range=custom', 'range=custom&from=2026-02-30&to=2026-03-01'])
      expect(readRange(addressOf(search), NOW)).toEqual({ name: 'month' })
  })

  it('says what is wrong with a span', () => {
    expect(spanProblem(spanOf({ name: 'week' }, NOW), NOW)).toBeNull()
    expect(spanProblem({ from: '', to: '2026-11-02' }, NOW)).toBe('Choose the first and the last day.')
    expect(spanProblem({ from: '1999-12-31', to: '2026-11-02' }, NOW)).toBe(
      'The first day is 2000-01-01 at the earliest.',
    )
    expect(spanProblem({ from: '2026-11-25', to: '2026-11-26' }, NOW)).toBe('The first day is still to come.')
    expect(spanProblem({ from: '2026-11-03', to: '2026-11-02' }, NOW)).toBe(
      'The first day must not be after the last.',
    )
  })
})
