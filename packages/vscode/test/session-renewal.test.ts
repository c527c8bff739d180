import { NetworkError, SignInRequiredError } from '@promptmeter/client'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessionKeeper, type SessionKeeper } from '../src/core/session-keeper.ts'
import { ISSUED_AT_S, LIFE_S, sessionToken } from './support/session-tokens.ts'
import { createSharedSecrets, type SharedSecrets } from './support/shared-secrets.ts'

const KEY = 'hello.session'
const OLD = sessionToken()
const FRESH = sessionToken({ iat: ISSUED_AT_S + LIFE_S / 2, exp: ISSUED_AT_S + 2 * LIFE_S })
const GRACE = sessionToken({ userId: 'user-2', sid: 'session-2' })
const HALF_LIFE = new Date((ISSUED_AT_S + LIFE_S / 2) * 1000)

let secrets: SharedSecrets
let keeper: SessionKeeper

beforeEach(() => {
  secrets = createSharedSecrets()
  secrets.stored.set(KEY, OLD)
  keeper = createSessionKeeper(secrets.open(), KEY)
})

const renewed = () => vi.fn(async () => ({ sessionToken: FRESH }))

describe('a session gets a fresh token', () => {
  it('from half of its life on', async () => {
    await keeper.renewIfDue(renewed(), HALF_LIFE)
    expect(secrets.stored.get(KEY)).toBe(FRESH)
    expect((await keeper.current())?.token).toBe(FRESH)
  })

  it('not before', async () => {
    const renew = renewed()
    await keeper.renewIfDue(renew, new Date(HALF_LIFE.getTime() - 1))
    expect(renew).not.toHaveBeenCalled()
    expect(secrets.stored.get(KEY)).toBe(OLD)
  })

  it('not while nobody is signed in', async () => {
    secrets.stored.clear()
    const renew = renewed()
    await keeper.renewIfDue(renew, HALF_LIFE)
    expect(renew).not.toHaveBeenCalled()
  })

  it('without a change being told', async () => {
    await keeper.current()
    const told = vi.fn()
    keeper.onDidChange(told)
    await keeper.renewIfDue(renewed(), HALF_LIFE)
    expect(told).not.toHaveBeenCalled()
  })
})

describe('what happened while the answer was on its way stays', () => {
  it('a sign-in of somebody else', async () => {
    await keeper.renewIfDue(async () => {
      secrets.stored.set(KEY, GRACE)
      return { sessionToken: FRESH }
    }, HALF_LIFE)
    expect(secrets.stored.get(KEY)).toBe(GRACE)
    expect((await keeper.current())?.sessionId).toBe('session-2')
  })

  it('a sign-out', async () => {
    await keeper.renewIfDue(async () => {
      secrets.stored.delete(KEY)
      return { sessionToken: FRESH }
    }, HALF_LIFE)
    expect(secrets.stored.has(KEY)).toBe(false)
    expect(await keeper.current()).toBeNull()
  })

  it('a sign-in anew, also where the old session turned out to be over', async () => {
    await keeper.renewIfDue(async () => {
      secrets.stored.set(KEY, GRACE)
      throw new SignInRequiredError('token_invalid', 'The session is over.')
    }, HALF_LIFE)
    expect(secrets.stored.get(KEY)).toBe(GRACE)
  })
})

describe('a renewal that fails', () => {
  it('forgets a session that is over', async () => {
    const over = new SignInRequiredError('token_invalid', 'The session is over.')
    await keeper.renewIfDue(() => Promise.reject(over), HALF_LIFE)
    expect(secrets.stored.has(KEY)).toBe(false)
    expect(await keeper.current()).toBeNull()
  })

  it.each([
    ['a network error', new NetworkError('network_error', 'The server cannot be reached.')],
    ['whatever else went wrong', new Error('out of luck')],
  ])('keeps the session on %s, and says nothing', async (_what, error) => {
    await keeper.renewIfDue(() => Promise.reject(error), HALF_LIFE)
    expect(secrets.stored.get(KEY)).toBe(OLD)
    expect((await keeper.current())?.token).toBe(OLD)
  })

  it('leaves a store that cannot be read for the next time', async () => {
    secrets.onGet = async () => Promise.reject(new Error('the keyring is locked'))
    const renew = renewed()
    await keeper.renewIfDue(renew, HALF_LIFE)
    expect(renew).not.toHaveBeenCalled()
    secrets.onGet = async (_key, value) => value
    await keeper.renewIfDue(renew, HALF_LIFE)
    expect(secrets.stored.get(KEY)).toBe(FRESH)
  })
})
