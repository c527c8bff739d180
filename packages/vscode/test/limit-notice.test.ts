import { beforeEach, expect, it } from 'vitest'
import { createLimitNotice, type LimitNotice } from '../src/core/limit-notice.ts'
import { LIFETIME, limit } from './support/standings.ts'

const REACHED = limit({ used: 10 })

let kept: Map<string, unknown>
let notice: LimitNotice

/** The editor started anew: what it kept is all that is left. */
const startAnew = () =>
  createLimitNotice({
    get: (key) => kept.get(key),
    update: async (key, value) => void kept.set(key, JSON.parse(JSON.stringify(value))),
  })

beforeEach(() => {
  kept = new Map()
  notice = startAnew()
})

const due = (...limits: Parameters<typeof limit>[0][]) =>
  notice.due({ id: 'user-1', limits: limits.map(limit) })

it('nothing is said while no limit is reached', () => {
  expect(due()).toBeNull()
  expect(due({ used: 9 }, { used: 8, window: 'month' })).toBeNull()
})

it('a reached limit is said once', () => {
  expect(due(REACHED)).toEqual(REACHED)
  expect(due(REACHED)).toBeNull()
  expect(due({ ...REACHED, used: 12 })).toBeNull()
})

it('it is not said again after a restart', () => {
  due(REACHED)
  notice = startAnew()
  expect(due(REACHED)).toBeNull()
})

it('it is said again once it has reset and is reached anew', () => {
  due(REACHED)
  expect(due({ windowStart: '2026-03-11T00:00:00.000Z' })).toBeNull()
  const again = { ...REACHED, windowStart: '2026-03-11T00:00:00.000Z' }
  expect(due(again)).toEqual(again)
})

it('it is said again where it was raised and is reached anew', () => {
  due(REACHED)
  expect(due({ amount: 20, used: 10 })).toBeNull()
  expect(due({ amount: 20, used: 20 })).toMatchObject({ amount: 20 })
})

it('it is said to another user', () => {
  due(REACHED)
  expect(notice.due({ id: 'user-2', limits: [REACHED] })).toEqual(REACHED)
})

it('another meter is another limit', () => {
  due(REACHED)
  expect(due({ ...REACHED, meter: 'tokens' })).toMatchObject({ meter: 'tokens' })
})

it('of several that are reached the one is said that lasts longest', () => {
  expect(due({ used: 9 }, REACHED, { used: 10, ...LIFETIME })).toMatchObject({ window: 'lifetime' })
  expect(due(REACHED, { used: 10, ...LIFETIME })).toBeNull()
})
