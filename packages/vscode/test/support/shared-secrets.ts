import { createEmitter } from '../../src/core/emitter.ts'
import type { SecretStore } from '../../src/core/session-keeper.ts'

/** The secrets of one computer, as every window of the editor sees them. */
export interface SharedSecrets {
  /** What is stored, by key. */
  readonly stored: Map<string, string>
  /** A window's own view. */
  open(): SecretStore
  /** Keeps events back from now on. */
  hold(): void
  /** Tells the events that were kept back, in any order, and holds no more. */
  release(order?: 'as-they-came' | 'reversed'): void
  /** Tells every window that this key changed, whether or not it did. */
  tell(key: string): void
  /** What each read goes through: for a store that is slow or broken. */
  onGet: (key: string, value: string | undefined) => Promise<string | undefined>
}

export function createSharedSecrets(): SharedSecrets {
  const stored = new Map<string, string>()
  const changed = createEmitter<{ readonly key: string }>()
  let held: string[] | null = null

  const tell = (key: string) => {
    if (held === null) changed.fire({ key })
    else held.push(key)
  }

  const shared: SharedSecrets = {
    stored,
    onGet: async (_key, value) => value,
    open: () => ({
      get: (key) => shared.onGet(key, stored.get(key)),
      async store(key, value) {
        stored.set(key, value)
        tell(key)
      },
      async delete(key) {
        stored.delete(key)
        tell(key)
      },
      onDidChange: changed.on,
    }),
    hold() {
      held = []
    },
    release(order = 'as-they-came') {
      const keys = held ?? []
      held = null
      for (const key of order === 'reversed' ? keys.reverse() : keys) changed.fire({ key })
    },
    tell,
  }
  return shared
}
