import type { ImportResult, ImportRow, ImportUsersResponse } from '@promptmeter/contract'
import type { AdminClient } from './admin-client.ts'
import { CommandFailure } from './command-failure.ts'

/** Rows that travel together. */
const CHUNK_SIZE = 500

/** Chunks under way at once: while one is at the database the next is read and sent. */
const MAX_IN_FLIGHT = 3

export interface NumberedRow {
  readonly line: number
  readonly row: ImportRow
}

/**
 * Sends rows in chunks, a few at a time, and tells the result of each.
 * Sending a row twice adds nobody twice, so a chunk without an answer is simply sent again.
 */
export class ImportSender {
  readonly #client: AdminClient
  readonly #told: (line: number, result: ImportResult) => void
  readonly #inFlight = new Set<Promise<void>>()
  #chunk: NumberedRow[] = []

  constructor(client: AdminClient, told: (line: number, result: ImportResult) => void) {
    this.#client = client
    this.#told = told
  }

  /** Resolves when there is room for the next row. @throws CommandFailure when the server cannot take them */
  async send(row: NumberedRow): Promise<void> {
    this.#chunk.push(row)
    if (this.#chunk.length === CHUNK_SIZE) await this.#sendChunk()
  }

  /** Resolves when every row has its result. @throws CommandFailure */
  async finish(): Promise<void> {
    if (this.#chunk.length > 0) await this.#sendChunk()
    await Promise.all(this.#inFlight)
  }

  async #sendChunk(): Promise<void> {
    const rows = this.#chunk
    this.#chunk = []
    const sending = this.#post(rows)
    this.#inFlight.add(sending)
    // A failure stays in the set, for whoever waits next.
    sending.then(() => this.#inFlight.delete(sending)).catch(() => {})
    if (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight)
  }

  async #post(rows: readonly NumberedRow[]): Promise<void> {
    try {
      const { results } = await this.#client.request<ImportUsersResponse>('POST', '/api/admin/users/import', {
        body: { rows: rows.map(({ row }) => row) },
        repeatable: true,
      })
      for (const [index, { line }] of rows.entries()) this.#told(line, results[index] as ImportResult)
    } catch (error) {
      // The operator may have set a low BODY_LIMIT_BYTES.
      const tooLarge = error instanceof CommandFailure && error.refusal === 'body_too_large'
      if (!tooLarge || rows.length === 1) throw error
      const middle = Math.ceil(rows.length / 2)
      await this.#post(rows.slice(0, middle))
      await this.#post(rows.slice(middle))
    }
  }
}
