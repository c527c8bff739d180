import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

const INDEX = new URL('../../src/index.ts', import.meta.url).href
const FILE_STORAGE = new URL('../../src/queue/file-storage.ts', import.meta.url).href

const PROGRAM = `
const { createClient, createOfflineQueue } = await import(${JSON.stringify(INDEX)})
const { fileStorage } = await import(${JSON.stringify(FILE_STORAGE)})
const { serverUrl, token, folder, task, from, to } = JSON.parse(process.argv[1])
const client = createClient({ serverUrl, token, timeoutMs: 5000 })
const queue = createOfflineQueue({ client, storage: fileStorage(folder) })
const say = (word) => new Promise((resolve) => process.stdout.write(word, resolve))
if (task !== 'drain') for (let usage = from; usage < to; usage += 1) await queue.track({ usage })
if (task === 'drain') while ((await queue.size()) > 0) {
  const { sent } = await queue.flush()
  // Another window is at it.
  if (sent === 0) await new Promise((resolve) => setTimeout(resolve, 20))
}
await say('done')
if (task === 'track') setInterval(() => {}, 1000)
if (task === 'drain') queue.close()
`

export interface QueueTask {
  readonly serverUrl: string
  readonly token: string
  readonly folder: string
  /**
   * Tracks events whose usage is `from` to below `to`, then lives on, or has nothing more to do; or sends until nothing is
   * left, then closes the queue.
   */
  readonly task: 'track' | 'leave' | 'drain'
  readonly from?: number
  readonly to?: number
}

export interface QueueProcess {
  /** Once it has done its task. @throws Error with what it said when it failed */
  readonly done: Promise<void>
  /** Once it has ended by itself or by a signal; gives its exit code. */
  readonly ended: Promise<number | null>
  kill(): Promise<void>
}

/** A window: a process of its own with a queue in the folder. */
export function startQueueProcess(task: QueueTask): QueueProcess {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--input-type=module', '-e', PROGRAM, JSON.stringify(task)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const said = text(child.stderr as NonNullable<typeof child.stderr>)
  const closed = once(child, 'close')
  const done = Promise.race([
    once(child.stdout as NonNullable<typeof child.stdout>, 'data').then(() => true),
    closed.then(() => false),
  ]).then(async (spoke) => {
    if (!spoke) throw new Error(`a queue process failed: ${await said}`)
  })
  done.catch(() => {})
  return {
    done,
    ended: closed.then(([code]) => code),
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}
