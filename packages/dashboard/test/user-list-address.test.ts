import { expect, it } from 'vitest'
import { orderAfter, readFilters, readOrder } from '../src/users/list/user-list-address.ts'

const read = (query: string) => {
  const params = new URLSearchParams(query)
  return (name: string) => params.get(name)
}

it('a shared link shows the very users it was made from, and a mistyped one asks for nothing strange', () => {
  expect(
    readFilters(
      read('search=+ann+&plan=pro&standing=near&disabled=false&inactiveDays=45&role=admin&sort=email'),
    ),
  ).toEqual({
    search: 'ann',
    plan: 'pro',
    standing: 'near',
    disabled: false,
    inactiveDays: 45,
    role: 'admin',
  })
  expect(readFilters(read('search=++&plan=&standing=far&disabled=maybe&inactiveDays=1.5&role=root'))).toEqual(
    {},
  )
  expect(readFilters(read('inactiveDays=0'))).toEqual({})
  expect(readFilters(read('inactiveDays=3651'))).toEqual({})
})

it('the newest users come first until something else is chosen, and choosing a column again turns it round', () => {
  expect(readOrder(read(''))).toEqual({ sort: 'createdAt', order: 'desc' })
  expect(readOrder(read('sort=email'))).toEqual({ sort: 'email', order: 'asc' })
  expect(readOrder(read('sort=password&order=up'))).toEqual({ sort: 'createdAt', order: 'desc' })
  const cost = orderAfter(readOrder(read('')), 'costMicros')
  expect(cost).toEqual({ sort: 'costMicros', order: 'desc' })
  expect(orderAfter(cost, 'costMicros')).toEqual({ sort: 'costMicros', order: 'asc' })
})
