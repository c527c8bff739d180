import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Watchdog {
  /** Names the process to stop when this one dies; 0 for none. */
  watch(pid: number): void
  /** Stops the watched process and deletes the folder now. */
  close(): Promise<void>
}

/**
 * Starts a process that outlives this one just long enough to stop PostgreSQL and delete its folder.
 * It holds the reading end of a pipe: however this process ends, the kernel closes the writing end.
 */
export function startWatchdog(folder: string): Watchdog {
  const script = fileURLToPath(new URL('./watchdog-process.ts', import.meta.url))
  // Its own session, so that Ctrl-C in a terminal ends us but not it; no NODE_OPTIONS of ours.
  const child = spawn(process.execPath, [script, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: {},
  })
  const gone = once(child, 'exit').catch(() => {})
  child.stdin.on('error', () => {})
  child.unref()
  ;(child.stdin as Socket).unref()
  return {
    watch: (pid) => void child.stdin.write(`${pid}\n`),
    close: async () => {
      child.ref()
      child.stdin.end()
      await gone
      // Its work, unless someone killed it.
      await rm(folder, { recursive: true, force: true })
    },
  }
}
