import type { OfflineQueue, PromptmeterClient } from '@promptmeter/client'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessionKeeper, type SessionKeeper } from '../src/core/session-keeper.ts'
import { createSessionFlow, type SessionFlow } from '../src/editor-session.ts'
import { desk } from './support/editor.ts'
import { sessionToken } from './support/session-tokens.ts'
import { createSharedSecrets, type SharedSecrets } from './support/shared-secrets.ts'

vi.mock('vscode', () => import('./support/editor.ts'))

const KEY = 'hello.session'
const identity = { extensionId: 'me.hello', id: 'hello', appName: 'Hello', source: 'hello/0.1.0' }

let secrets: SharedSecrets
let keeper: SessionKeeper
let order: string[]
let endAtServer: () => Promise<void>
let answer: PromiseWithResolvers<string>
let asked: number
let flow: SessionFlow

beforeEach(() => {
  secrets = createSharedSecrets()
  keeper = createSessionKeeper(secrets.open(), KEY)
  order = []
  endAtServer = async () => {}
  answer = Promise.withResolvers()
  asked = 0
  desk.warnings.length = 0
  desk.commands.length = 0
  desk.pressed = undefined
  flow = createSessionFlow({
    identity,
    keeper,
    client: {
      async signOut() {
        order.push('end at the server')
        await endAtServer()
      },
    } as unknown as PromptmeterClient,
    queue: { flush: async () => void order.push('send what waits') } as unknown as OfflineQueue,
    askUser() {
      asked += 1
      return answer.promise
    },
  })
})

/** Whoever waits for what the user presses has gone on. */
const answered = () => new Promise((resolve) => setImmediate(resolve))

describe('a sign-in', () => {
  it('asks the user once, however many want it at the same time', async () => {
    const both = [flow.signIn(), flow.signIn()]
    await answered()
    answer.resolve(sessionToken())
    expect((await Promise.all(both)).map(({ userId }) => userId)).toEqual(['user-1', 'user-1'])
    expect(asked).toBe(1)
    expect(secrets.stored.get(KEY)).toBe(sessionToken())
  })

  it('asks nothing of who is signed in', async () => {
    secrets.stored.set(KEY, sessionToken({ userId: 'user-2' }))
    expect((await flow.signIn()).userId).toBe('user-2')
    expect(asked).toBe(0)
  })

  it('that was cancelled can be begun anew', async () => {
    answer.reject(new Error('cancelled'))
    await expect(flow.signIn()).rejects.toThrow('cancelled')
    answer = Promise.withResolvers()
    answer.resolve(sessionToken())
    expect((await flow.signIn()).userId).toBe('user-1')
  })
})

describe('a sign-out', () => {
  beforeEach(() => void secrets.stored.set(KEY, sessionToken()))

  it('sends what waits, ends the session at the server, and forgets it', async () => {
    await flow.signOut()
    expect(order).toEqual(['send what waits', 'end at the server'])
    expect(secrets.stored.size).toBe(0)
  })

  it('forgets the session also where the server cannot be told, and says so without links or icons', async () => {
    endAtServer = async () => {
      throw new Error('[away](command:evil) $(trash)')
    }
    await flow.signOut()
    expect(secrets.stored.size).toBe(0)
    expect(desk.warnings).toEqual([
      expect.stringContaining('the server could not be told: [away] (command:evil) $ (trash)'),
    ])
  })

  it('does not tell its user that the session has ended', async () => {
    const ending = Promise.withResolvers<void>()
    endAtServer = () => ending.promise
    const ended = flow.signOut()
    await answered()
    await flow.onRefused(sessionToken())
    ending.resolve()
    await ended
    expect(desk.warnings).toEqual([])
  })
})

describe('a session that the server has ended', () => {
  beforeEach(() => void secrets.stored.set(KEY, sessionToken()))

  it('is forgotten, and told with a way to sign in', async () => {
    desk.pressed = 'Sign in'
    await flow.onRefused(sessionToken())
    await answered()
    expect(secrets.stored.size).toBe(0)
    expect(desk.commands).toEqual(['hello.signIn'])
    expect(desk.warnings).toEqual(['Hello: your session has ended. Sign in again to go on.'])
  })

  it('asks nothing of who passes it over', async () => {
    await flow.onRefused(sessionToken())
    await answered()
    expect(desk.commands).toEqual([])
  })

  it('is no news where another window has signed in anew', async () => {
    const fresh = sessionToken({ sid: 'session-2' })
    secrets.stored.set(KEY, fresh)
    await flow.onRefused(sessionToken())
    expect(secrets.stored.get(KEY)).toBe(fresh)
    expect(desk.warnings).toEqual([])
  })
})
