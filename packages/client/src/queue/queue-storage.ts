/** An event as it is kept: an id that sorts by age, and its text. */
export interface StoredEvent {
  readonly id: string
  readonly text: string
}

/** Keeps what could not be sent yet. Several windows may share one place; each has a storage of its own to it. */
export interface QueueStorage {
  /** Kept once this resolves. */
  add(event: StoredEvent): Promise<void>
  /** The oldest whose id begins with `prefix`, at most `limit`, in the order of their ids. */
  list(prefix: string, limit: number): Promise<StoredEvent[]>
  count(prefix: string): Promise<number>
  /** Ids that are gone already are no error. */
  remove(ids: readonly string[]): Promise<void>
  /**
   * Does `work` while nobody else who shares the place does, and gives true; or gives false at once and does nothing.
   * Whoever dies in it frees the place, at the latest after two minutes. `stillMine` renews that, and is false for whoever
   * was too slow.
   */
  exclusively(work: (stillMine: () => Promise<boolean>) => Promise<void>): Promise<boolean>
}

/** For one process, until it ends. */
export function memoryStorage(): QueueStorage {
  const events = new Map<string, string>()
  let busy = false
  const idsOf = (prefix: string) => [...events.keys()].filter((id) => id.startsWith(prefix)).sort()
  return {
    async add({ id, text }) {
      events.set(id, text)
    },
    list: async (prefix, limit) =>
      idsOf(prefix)
        .slice(0, limit)
        .map((id) => ({ id, text: events.get(id) as string })),
    count: async (prefix) => idsOf(prefix).length,
    async remove(ids) {
      for (const id of ids) events.delete(id)
    },
    async exclusively(work) {
      if (busy) return false
      busy = true
      try {
        await work(async () => true)
        return true
      } finally {
        busy = false
      }
    },
  }
}
