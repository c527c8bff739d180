import type { ImportUsersResponse } from '@promptmeter/contract'
import { importLines } from '@promptmeter/user-csv'
import { useSyncExternalStore } from 'react'
import { request } from '../../api/request.ts'
import { fileChunks } from './file-chunks.ts'
import { type ImportCounts, sendImport } from './import-sending.ts'

/** An import that runs or has run. */
export interface ImportJob extends ImportCounts {
  readonly phase: 'running' | 'stopping' | 'stopped' | 'failed' | 'done'
  readonly file: File
  /** How many rows the file has to send. */
  readonly rowCount: number
  /** Why it failed. */
  readonly error: Error | null
}

// One for the page as a whole, not for a view: whoever looks at another place of the dashboard meanwhile does not stop it.
let job: ImportJob | null = null
let stop = new AbortController()
const listeners = new Set<() => void>()

export function useImportJob(): ImportJob | null {
  return useSyncExternalStore(subscribe, () => job)
}

export function isUnderWay({ phase }: ImportJob): boolean {
  return phase === 'running' || phase === 'stopping'
}

/** Sends a file that was looked at before. @param onEnd whatever became of it */
export async function startImport(file: File, rowCount: number, onEnd: () => void): Promise<void> {
  if (job !== null && isUnderWay(job)) return
  stop = new AbortController()
  const { signal } = stop
  set({ phase: 'running', file, rowCount, error: null, rows: 0, added: 0, exists: 0, badLines: [] })
  window.addEventListener('beforeunload', warn)
  try {
    const lines = importLines(fileChunks(file, new AbortController().signal), () => {})
    await sendImport(lines, {
      send: (rows) => request<ImportUsersResponse>('POST', '/api/admin/users/import', { body: { rows } }),
      stop: signal,
      onCounts: change,
    })
    change({ phase: signal.aborted ? 'stopped' : 'done' })
  } catch (error) {
    change(signal.aborted ? { phase: 'stopped' } : { phase: 'failed', error: error as Error })
  } finally {
    window.removeEventListener('beforeunload', warn)
    onEnd()
  }
}

/** What was sent stays. */
export function stopImport(): void {
  change({ phase: 'stopping' })
  stop.abort()
}

export function forgetImport(): void {
  set(null)
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

function change(changes: Partial<ImportJob>): void {
  if (job !== null) set({ ...job, ...changes })
}

function set(next: ImportJob | null): void {
  job = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
