import type { QueueStorage } from './queue-storage.ts'

const EVENTS = 'events'

/**
 * IndexedDB, shared by all pages and workers of an origin. The browser's Web Locks say whose turn it is to send; a page that
 * dies gives its lock back.
 * @param name of the database, made when it is missing
 */
export function webStorage(name = 'promptmeter-queue'): QueueStorage {
  let opened: Promise<OpenDatabase> | undefined
  const open = () => {
    opened ??= openDatabase(name).catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }
  const begin = async (mode: IDBTransactionMode) => {
    const { database, closed } = await open()
    return { transaction: database.transaction(EVENTS, mode, { durability: 'strict' }), closed }
  }
  async function run<T>(
    mode: IDBTransactionMode,
    act: (events: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const { transaction, closed } = await begin(mode).catch(() => {
      // Browsers close a database whose data they clear; it is made anew.
      opened = undefined
      return begin(mode)
    })
    const request = act(transaction.objectStore(EVENTS))
    const settled = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
    // A transaction of a database that the browser closes may never settle, and would hold the turn for ever.
    await Promise.race([settled, closed])
    return request.result
  }
  // Ids are ASCII: whatever begins with the prefix lies below the prefix and the highest character.
  const below = (prefix: string) => IDBKeyRange.bound(prefix, `${prefix}\uffff`)

  return {
    async add({ id, text }) {
      await run('readwrite', (events) => events.put({ id, text }))
    },
    list: (prefix, limit) => run('readonly', (events) => events.getAll(below(prefix), limit)),
    count: (prefix) => run('readonly', (events) => events.count(below(prefix))),
    async remove(ids) {
      if (ids.length === 0) return
      await run('readwrite', (events) => {
        const requests = ids.map((id) => events.delete(id))
        return requests[0] as IDBRequest<undefined>
      })
    },
    exclusively: (work) =>
      navigator.locks.request(`${name} turn`, { ifAvailable: true }, async (lock) => {
        if (lock === null) return false
        await work(async () => true)
        return true
      }),
  }
}

interface OpenDatabase {
  readonly database: IDBDatabase
  /** Rejects once the browser closes it. */
  readonly closed: Promise<never>
}

function openDatabase(name: string): Promise<OpenDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(EVENTS, { keyPath: 'id' })
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const database = request.result
      const closed = new Promise<never>((_, closing) => {
        database.onclose = () =>
          closing(new DOMException('The browser has closed the database.', 'AbortError'))
      })
      closed.catch(() => {})
      resolve({ database, closed })
    }
  })
}
