import type { PromptmeterClient } from '@promptmeter/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Memento } from 'vscode'
import { createSessionKeeper, type SessionKeeper } from '../src/core/session-keeper.ts'
import { keepSessionFresh, watchLostSecrets } from '../src/session-care.ts'
import { desk, env, UIKind } from './support/editor.ts'
import { ISSUED_AT_S, LIFE_S, sessionToken } from './support/session-tokens.ts'
import { createSharedSecrets, type SharedSecrets } from './support/shared-secrets.ts'

vi.mock('vscode', () => import('./support/editor.ts'))

const KEY = 'hello.session'
const DAY_MS = 24 * 60 * 60 * 1000
const identity = { extensionId: 'me.hello', id: 'hello', appName: 'Hello', source: 'hello/0.1.0' }

let secrets: SharedSecrets
let keeper: SessionKeeper
let kept: Map<string, unknown>

beforeEach(() => {
  secrets = createSharedSecrets()
  secrets.stored.set(KEY, sessionToken())
  keeper = createSessionKeeper(secrets.open(), KEY)
  kept = new Map()
  desk.warnings.length = 0
  desk.commands.length = 0
  desk.pressed = undefined
  env.uiKind = UIKind.Desktop
})
afterEach(() => void vi.useRealTimers())

const memory = {
  get: (key: string) => kept.get(key),
  async update(key: string, value: unknown) {
    kept.set(key, value)
  },
} as unknown as Memento

describe('a session is kept fresh', () => {
  function keepFresh() {
    const renew = vi.fn(async () => ({ sessionToken: sessionToken() }))
    return { renew, caring: keepSessionFresh(keeper, { renew } as unknown as PromptmeterClient) }
  }

  it('from half of its life on: at the start, each day and at each focus, until it is no longer wanted', async () => {
    vi.useFakeTimers({ now: (ISSUED_AT_S + LIFE_S / 2) * 1000 - 1 })
    const { renew, caring } = keepFresh()
    await vi.advanceTimersByTimeAsync(0)
    expect(renew).toHaveBeenCalledTimes(0)
    await vi.advanceTimersByTimeAsync(DAY_MS)
    expect(renew).toHaveBeenCalledTimes(1)
    desk.focus(false)
    await vi.advanceTimersByTimeAsync(0)
    expect(renew).toHaveBeenCalledTimes(1)
    desk.focus(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(renew).toHaveBeenCalledTimes(2)
    caring.dispose()
    desk.focus(true)
    await vi.advanceTimersByTimeAsync(2 * DAY_MS)
    expect(renew).toHaveBeenCalledTimes(2)
  })

  it('at the start where it is due', async () => {
    vi.useFakeTimers({ now: (ISSUED_AT_S + LIFE_S / 2) * 1000 })
    const { renew, caring } = keepFresh()
    await vi.advanceTimersByTimeAsync(0)
    expect(renew).toHaveBeenCalledTimes(1)
    caring.dispose()
  })
})

describe('a sign-in that the computer did not keep', () => {
  it('is told once, at the next start', async () => {
    await watchLostSecrets(keeper, memory, identity)
    secrets.stored.clear()
    for (const _start of [1, 2]) {
      await watchLostSecrets(createSessionKeeper(secrets.open(), KEY), memory, identity)
    }
    expect(desk.warnings).toEqual([expect.stringContaining('keyring')])
  })

  it('is none after a sign-out', async () => {
    await watchLostSecrets(keeper, memory, identity)
    await keeper.forget()
    await watchLostSecrets(createSessionKeeper(secrets.open(), KEY), memory, identity)
    expect(desk.warnings).toEqual([])
  })

  it('is none in a browser, which may be another than the one that signed in', async () => {
    await watchLostSecrets(keeper, memory, identity)
    secrets.stored.clear()
    env.uiKind = UIKind.Web
    await watchLostSecrets(createSessionKeeper(secrets.open(), KEY), memory, identity)
    expect(desk.warnings).toEqual([])
  })

  it('is none while the store cannot be read', async () => {
    await watchLostSecrets(keeper, memory, identity)
    secrets.onGet = async () => Promise.reject(new Error('the keyring is locked'))
    await watchLostSecrets(createSessionKeeper(secrets.open(), KEY), memory, identity)
    expect(desk.warnings).toEqual([])
    expect([...kept.values()]).toEqual([true])
  })

  it('is none where nobody was signed in, and the token is not remembered', async () => {
    await watchLostSecrets(keeper, memory, identity)
    expect([...kept.entries()]).toEqual([['hello.signedIn', true]])
    kept.clear()
    secrets.stored.clear()
    await watchLostSecrets(createSessionKeeper(secrets.open(), KEY), memory, identity)
    expect(desk.warnings).toEqual([])
  })
})
