/** Told of each change. Give it a listener; call what it gives back to be told no more. */
export type Listen<T> = (listener: (value: T) => void) => { dispose(): void }

export interface Emitter<T> {
  readonly on: Listen<T>
  fire(value: T): void
}

/** What `vscode.EventEmitter` is, for code that knows no editor. */
export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    on(listener) {
      // One of its own each time, so that the same function may listen twice.
      const entry = (value: T) => listener(value)
      listeners.add(entry)
      return { dispose: () => void listeners.delete(entry) }
    },
    fire(value) {
      for (const listener of [...listeners]) listener(value)
    },
  }
}
