import { randomUUIDv7 } from 'node:crypto'
import { EARLIEST_INSTANT, type ImportResult, type ImportRow } from '@promptmeter/contract'
import type { Opening } from '../ledger/opening.ts'
import type { OpeningService } from '../ledger/opening-service.ts'
import { normalizeEmail } from '../users/user.ts'

/** A row that cannot be taken, and why. */
export class InvalidRow {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

export type ImportService = ReturnType<typeof createImportService>

export function createImportService(openingService: OpeningService) {
  return {
    /**
     * Adds the users of an older backend, their counts as an opening event each. Whoever is there already is left
     * alone, so doing it again, also after a crash, counts nothing twice.
     * @returns one result per row, in their order
     */
    async import(rows: readonly (ImportRow | InvalidRow)[]): Promise<ImportResult[]> {
      const openings = rows.map((row) => (row instanceof InvalidRow ? row : toOpening(row, new Date())))
      const firstByEmail = new Map<string, Opening>()
      for (const opening of openings) {
        if (opening instanceof InvalidRow || firstByEmail.has(opening.email)) continue
        firstByEmail.set(opening.email, opening)
      }
      const added = await openingService.open([...firstByEmail.values()])
      return openings.map((opening): ImportResult => {
        if (opening instanceof InvalidRow) return { outcome: 'invalid', error: opening.reason }
        const isAdded = firstByEmail.get(opening.email) === opening && added.has(opening.email)
        return { outcome: isAdded ? 'added' : 'exists' }
      })
    },
  }
}

function toOpening(row: ImportRow, now: Date): Opening | InvalidRow {
  const email = normalizeEmail(row.email)
  if (email === null) return new InvalidRow('Email is invalid.')
  const createdAt = row.createdAt === undefined ? null : new Date(row.createdAt)
  if (createdAt !== null && createdAt > now) return new InvalidRow('createdAt must not be in the future.')
  if (createdAt !== null && createdAt < EARLIEST_INSTANT)
    return new InvalidRow('createdAt must be in 2000 or later.')
  return {
    id: randomUUIDv7(),
    email,
    threshold: row.threshold ?? null,
    prompts: row.promptCount ?? 0,
    tokens: row.tokenCount ?? 0,
    createdAt,
  }
}
