import { readSessionToken } from '@promptmeter/client'
import { beforeEach, describe, expect, it } from 'vitest'
import { createSessionKeeper, type SessionChange, type SessionKeeper } from '../src/core/session-keeper.ts'
import { sessionToken } from './support/session-tokens.ts'
import { createSharedSecrets, type SharedSecrets } from './support/shared-secrets.ts'

const KEY = 'hello.session https://meter.example.com'
const ADA = sessionToken()
const GRACE = sessionToken({ userId: 'user-2', email: 'grace@example.com', sid: 'session-2' })

let secrets: SharedSecrets
let here: SessionKeeper
let there: SessionKeeper
let changesThere: SessionChange[]

beforeEach(() => {
  secrets = createSharedSecrets()
  here = createSessionKeeper(secrets.open(), KEY)
  there = createSessionKeeper(secrets.open(), KEY)
  changesThere = []
  there.onDidChange((change) => void changesThere.push(change))
})

const ids = () =>
  changesThere.map(({ before, after }) => [before?.sessionId ?? null, after?.sessionId ?? null])

describe('one session in every window', () => {
  it('a sign-in in one window is seen by the other', async () => {
    expect(await there.current()).toBeNull()
    await here.begin(ADA)
    expect(await there.current()).toMatchObject({ userId: 'user-1', email: 'ada@example.com', token: ADA })
    expect(ids()).toEqual([[null, 'session-1']])
  })

  it('a sign-out in one window is seen by the other', async () => {
    await here.begin(ADA)
    await here.forget()
    expect(await there.current()).toBeNull()
    expect(await here.current()).toBeNull()
    expect(ids()).toEqual([
      [null, 'session-1'],
      ['session-1', null],
    ])
  })

  it('a change of user is one change, with both', async () => {
    await here.begin(ADA)
    await there.current()
    await here.begin(GRACE)
    expect((await there.current())?.email).toBe('grace@example.com')
    expect(ids().at(-1)).toEqual(['session-1', 'session-2'])
  })

  it('a renewed token is used and is no change of session', async () => {
    await here.begin(ADA)
    await there.current()
    const renewed = sessionToken({ iat: 1_800_000_000, exp: 1_900_000_000 })
    await here.begin(renewed)
    expect((await there.current())?.token).toBe(renewed)
    expect(ids()).toEqual([[null, 'session-1']])
  })

  it('news that come late and in another order end at what is stored', async () => {
    secrets.hold()
    await here.begin(ADA)
    await here.forget()
    await here.begin(GRACE)
    secrets.tell('somebody else’s secret')
    secrets.release('reversed')
    expect((await there.current())?.sessionId).toBe('session-2')
    expect(ids()).toEqual([[null, 'session-2']])
  })

  it('news of another key are none', async () => {
    await there.current()
    let reads = 0
    secrets.onGet = async (_key, value) => {
      reads++
      return value
    }
    secrets.tell('hello.session https://elsewhere.example.com')
    await there.current()
    expect(reads).toBe(0)
  })

  it('a keeper that is disposed of hears nothing more', async () => {
    await there.current()
    there.dispose()
    await here.begin(ADA)
    expect(changesThere).toEqual([])
  })
})

describe('what is read', () => {
  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['words', 'not a token'],
    ['an API key', 'pm_0123456789'],
    ['a token without its claims', `x.${Buffer.from('{"userId":"u"}').toString('base64url')}.x`],
    ['a token whose claims are no JSON', `x.${Buffer.from('[').toString('base64url')}.x`],
  ])('%s in the secret is nobody', async (_what, secret) => {
    if (secret !== undefined) secrets.stored.set(KEY, secret)
    expect(await here.current()).toBeNull()
  })

  it('something that is no session token is refused and not kept', async () => {
    await expect(here.begin('pm_0123456789')).rejects.toThrow(TypeError)
    expect(secrets.stored.size).toBe(0)
  })

  it('a read that was slower than a later one leaves no older value behind', async () => {
    const waiting: (() => void)[] = []
    secrets.stored.set(KEY, ADA)
    secrets.onGet = (_key, value) => new Promise((resolve) => waiting.push(() => resolve(value)))
    const first = there.current()
    await Promise.resolve()
    secrets.stored.set(KEY, GRACE)
    secrets.tell(KEY)
    secrets.onGet = async (_key, value) => value
    // Whoever would read the new value before the old one has come does it now.
    await new Promise((resolve) => setImmediate(resolve))
    for (const answer of waiting) answer()
    await first
    expect((await there.current())?.sessionId).toBe('session-2')
    expect((await there.current())?.sessionId).toBe('session-2')
  })

  it('readers at the same time share one read', async () => {
    let reads = 0
    secrets.onGet = async (_key, value) => {
      reads++
      return value
    }
    await Promise.all([here.current(), here.current(), here.current()])
    expect(reads).toBe(1)
  })

  it('a store that failed once is read again', async () => {
    secrets.stored.set(KEY, ADA)
    secrets.onGet = async () => Promise.reject(new Error('the keyring is locked'))
    await expect(here.current()).rejects.toThrow('locked')
    secrets.onGet = async (_key, value) => value
    expect((await here.current())?.sessionId).toBe('session-1')
  })

  it('news that cannot be read break nothing', async () => {
    await there.current()
    secrets.onGet = async () => Promise.reject(new Error('the keyring is locked'))
    secrets.stored.set(KEY, ADA)
    secrets.tell(KEY)
    await expect(there.current()).rejects.toThrow('locked')
    secrets.onGet = async (_key, value) => value
    expect((await there.current())?.sessionId).toBe('session-1')
  })
})

describe('a token that the server refused', () => {
  it('is forgotten in every window', async () => {
    await here.begin(ADA)
    await here.refused(ADA)
    expect(secrets.stored.size).toBe(0)
    expect(await there.current()).toBeNull()
  })

  it('takes nothing along that was stored anew meanwhile', async () => {
    await here.begin(ADA)
    secrets.hold()
    await there.begin(GRACE)
    await here.refused(ADA)
    expect(secrets.stored.get(KEY)).toBe(GRACE)
  })
})

it('the token is kept in the secret store and nowhere else', async () => {
  const claims = readSessionToken(ADA)
  await here.begin(ADA)
  expect([...secrets.stored.entries()]).toEqual([[KEY, ADA]])
  expect(Object.values(here).filter((value) => typeof value !== 'function')).toEqual([])
  const error = await here.begin(`${ADA.slice(0, 20)} broken`).catch((thrown: Error) => thrown)
  expect(String(error)).not.toContain(ADA.slice(0, 20))
  await here.forget()
  expect([...secrets.stored.keys()]).toEqual([])
  expect(claims?.sessionId).toBe('session-1')
})
