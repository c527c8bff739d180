import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway } from '../../server/test/support/test-gateway.ts'
import { createClient, readSessionToken } from '../src/index.ts'
import { fileStorage } from '../src/queue/file-storage.ts'
import { type CountingServer, startCountingServer } from './support/counting-server.ts'
import { type QueueProcess, type QueueTask, startQueueProcess } from './support/queue-process.ts'
import { hangUp } from './support/scripted-server.ts'
import { fakeToken } from './support/tokens.ts'

const ADA = fakeToken('ada')

describe('processes that share a folder', () => {
  let server: CountingServer
  let parent: string
  let folder: string
  let started: QueueProcess[]
  beforeEach(async () => {
    server = await startCountingServer()
    parent = await mkdtemp(join(tmpdir(), 'promptmeter-queue-'))
    folder = join(parent, 'storage', 'queue')
    started = []
  })
  afterEach(async () => {
    await Promise.all(started.map((process) => process.kill()))
    await server.close()
    await rm(parent, { recursive: true, force: true })
  })

  const start = (task: Pick<QueueTask, 'task'> & Partial<QueueTask>) => {
    const process = startQueueProcess({ serverUrl: server.url, token: ADA, folder, ...task })
    started.push(process)
    return process
  }
  /** As `add` leaves them, without waiting for the disk each time. */
  const fill = async (events: number, userId = 'ada') => {
    await fileStorage(folder).count('')
    await Promise.all(
      upTo(events).map((usage) => {
        const name = `${userId}.${String(usage).padStart(6, '0')}.json`
        return writeFile(join(folder, name), JSON.stringify({ usage, idempotencyKey: `key-${usage}` }))
      }),
    )
  }
  const usages = () => server.events.map(({ usage }) => usage)
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

  it('what one tracked that was killed with no server about is sent by the next, in order and once', async () => {
    const usual = server.script
    server.script = hangUp
    const window = start({ task: 'track', from: 0, to: 20 })
    await window.done
    await window.kill()
    // Whoever died while sending holds the turn still; its lease is over in a moment that nobody waits for here.
    await rm(join(folder, 'turn'), { recursive: true })
    server.script = usual
    await start({ task: 'drain' }).done
    expect(usages()).toEqual(upTo(20))
  })

  it.each([2, 8])('%d that send at the same time send each event exactly once', async (windows) => {
    await fill(620)
    await Promise.all(upTo(windows).map(() => start({ task: 'drain' }).done))
    expect(usages()).toEqual(upTo(620))
    expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toEqual([])
  })

  it('eight that use a folder for the first time at the same moment keep all, and make one turn', async () => {
    server.script = hangUp
    await Promise.all(upTo(8).map((n) => start({ task: 'track', from: n * 5, to: n * 5 + 5 }).done))
    expect(await readdir(join(folder, 'turn'))).toHaveLength(1)
    expect((await readdir(folder)).filter((name) => !name.startsWith('ada.'))).toEqual(['turn'])
    expect(await readdir(join(folder, '..'))).toEqual(['queue'])
    expect(await fileStorage(folder).count('ada.')).toBe(40)
  })

  it('one that has nothing else to do ends, though events wait', async () => {
    server.script = hangUp
    const window = start({ task: 'leave', from: 0, to: 3 })
    expect(await window.ended).toBe(0)
    expect(await fileStorage(folder).count('ada.')).toBe(3)
  })

  it('of one user on the real server: each event of all is counted once', async () => {
    const gateway = await startTestGateway('postgres')
    try {
      const token = await gateway.signUp()
      await fill(60, readSessionToken(token)?.userId)
      await Promise.all(upTo(3).map(() => start({ task: 'drain', serverUrl: gateway.url, token }).done))
      const client = createClient({ serverUrl: gateway.url, token })
      expect(await client.me()).toMatchObject({ promptCount: (59 * 60) / 2 })
    } finally {
      await gateway.close()
    }
  })
})
