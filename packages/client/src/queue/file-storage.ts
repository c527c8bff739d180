import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { QueueStorage } from './queue-storage.ts'

const SUFFIX = '.json'
const TURN_FOLDER = 'turn'
const TURN = 'turn-'
const FREE = `${TURN}free`
const LEASE_MS = 120_000

/**
 * A folder that any number of processes may share: one file per event, so that nobody rewrites what somebody else wrote.
 *
 * Whose turn it is to send is a file in a folder of its own that is there once and is renamed: from `turn-free` to a name of
 * its holder and instant, and back. A rename from a name that is gone fails, so of several that try at once one alone
 * succeeds, also where they take over from a holder that died.
 * @param folder made when it is missing
 */
export function fileStorage(folder: string): QueueStorage {
  let ready: Promise<void> | undefined
  const prepared = () => {
    ready ??= prepare(folder).catch((error) => {
      ready = undefined
      throw error
    })
    return ready
  }
  const idsOf = async (prefix: string) => {
    await prepared()
    const names = await readdir(folder)
    return names
      .filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort()
  }

  return {
    async add({ id, text }) {
      await prepared()
      // Whole or not at all, and on the disk before anybody is told.
      const draft = join(folder, `${id}.draft`)
      await writeFile(draft, text, { mode: 0o600, flush: true })
      await rename(draft, join(folder, id + SUFFIX))
    },
    async list(prefix, limit) {
      const events = []
      for (const id of (await idsOf(prefix)).slice(0, limit)) {
        const text = await readFile(join(folder, id + SUFFIX), 'utf8').catch(nullWhenGone)
        if (text !== null) events.push({ id, text })
      }
      return events
    },
    count: async (prefix) => (await idsOf(prefix)).length,
    async remove(ids) {
      for (const id of ids) await rm(join(folder, id + SUFFIX), { force: true })
    },
    async exclusively(work) {
      await prepared()
      const turn = join(folder, TURN_FOLDER)
      const free = (await readdir(turn)).find((name) => name.startsWith(TURN) && !isHeld(name, Date.now()))
      if (free === undefined) return false
      const holder = crypto.randomUUID()
      let mine = free
      const take = async (name: string) => {
        const taken = await rename(join(turn, mine), join(turn, name)).then(() => true, nullWhenGone)
        if (taken) mine = name
        return taken === true
      }
      const hold = () => take(`${TURN}${Date.now() + LEASE_MS}-${holder}`)
      if (!(await hold())) return false
      try {
        await work(hold)
      } finally {
        await take(FREE)
      }
      return true
    },
  }
}

/** A turn is held until the instant in its name; one further ahead than a lease was written by a clock that was wrong. */
function isHeld(name: string, now: number): boolean {
  const until = Number(/^turn-(\d+)-/.exec(name)?.[1] ?? 0)
  return until > now && until <= now + 2 * LEASE_MS
}

/** The turn comes whole with its folder, and only where there is none: two processes cannot each bring one. */
async function prepare(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = await mkdtemp(join(folder, 'turn.new-'))
  try {
    await writeFile(join(draft, FREE), '')
    await rename(draft, join(folder, TURN_FOLDER))
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // It is there already: renaming onto a folder that is not empty fails everywhere.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM' && code !== 'EACCES') throw error
  }
}

function nullWhenGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
