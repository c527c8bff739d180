import type { ImportResult, ImportRow, ImportUsersResponse } from '@promptmeter/contract'
import { MAX_IMPORT_ROWS } from '@promptmeter/contract/bounds'
import type { ImportLine } from '@promptmeter/user-csv'
import { isPassing } from '../../api/query-client.ts'
import { ApiError } from '../../api/request.ts'
import type { BadLine } from './import-preview.ts'

/** How long a server that is away is waited for, before each further try. */
const RETRY_WAITS_MS = [1_000, 3_000, 9_000]

/** What became of the lines so far. `rows` were answered, whatever the answer. */
export interface ImportCounts {
  readonly rows: number
  readonly added: number
  readonly exists: number
  readonly badLines: readonly BadLine[]
}

export interface ImportSendingParts {
  readonly send: (rows: readonly ImportRow[]) => Promise<ImportUsersResponse>
  /** Nothing is sent after it; what was sent is waited for. */
  readonly stop: AbortSignal
  readonly onCounts: (counts: ImportCounts) => void
  readonly retryWaitsMs?: readonly number[]
}

interface NumberedRow {
  readonly line: number
  readonly row: ImportRow
}

/**
 * Sends the rows of a file, a request after the other. Sending a row twice adds nobody twice, so what got no answer is
 * sent again.
 * @throws ApiError when the server refuses, or stays away
 */
export async function sendImport(
  lines: AsyncIterable<ImportLine>,
  { send, stop, onCounts, retryWaitsMs = RETRY_WAITS_MS }: ImportSendingParts,
): Promise<void> {
  const badLines: BadLine[] = []
  const counts = { rows: 0, added: 0, exists: 0 }
  let rows: NumberedRow[] = []

  const count = ({ line }: NumberedRow, { outcome, error }: ImportResult) => {
    if (outcome === 'invalid') badLines.push({ line, problem: error ?? 'The server refused it.' })
    else counts[outcome]++
  }
  const post = async (sent: readonly NumberedRow[]): Promise<void> => {
    if (stop.aborted) return
    try {
      const { results } = await patiently(() => send(sent.map(({ row }) => row)), retryWaitsMs, stop)
      for (const [index, row] of sent.entries()) count(row, results[index] as ImportResult)
      counts.rows += sent.length
    } catch (error) {
      // The operator may have set a low BODY_LIMIT_BYTES.
      const tooLarge = error instanceof ApiError && error.code === 'body_too_large'
      if (!tooLarge || sent.length === 1) throw error
      const middle = Math.ceil(sent.length / 2)
      await post(sent.slice(0, middle))
      await post(sent.slice(middle))
    }
  }
  const flush = async () => {
    await post(rows)
    rows = []
    onCounts({ ...counts, badLines })
  }

  for await (const { line, row, problem } of lines) {
    if (stop.aborted) return
    if (row === null) badLines.push({ line, problem })
    else rows.push({ line, row })
    if (rows.length === MAX_IMPORT_ROWS) await flush()
  }
  if (rows.length > 0 || badLines.length > 0) await flush()
}

async function patiently<Answer>(
  ask: () => Promise<Answer>,
  waitsMs: readonly number[],
  stop: AbortSignal,
): Promise<Answer> {
  for (const waitMs of waitsMs) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ApiError && isPassing(error)) || stop.aborted) throw error
      await passed(waitMs, stop)
      if (stop.aborted) throw error
    }
  }
  return ask()
}

/** Resolves after a while, or as soon as it was stopped. */
function passed(waitMs: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    stop.addEventListener('abort', end, { once: true })
  })
}
