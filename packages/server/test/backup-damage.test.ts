import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readBackupFile, writeBackupFile } from '../src/backup/backup-file.ts'
import type { BackupPart } from '../src/backup/backup-format.ts'
import { parseParts } from '../src/backup/backup-stream.ts'
import { readDatabase } from '../src/backup/database-reader.ts'
import { writeDatabase } from '../src/backup/database-writer.ts'
import { parseConfig } from '../src/config/config.ts'
import type { Database } from '../src/database/database.ts'
import { SCHEMA_VERSION } from '../src/database/migrate.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { withDatabase } from './support/ledger-audit.ts'
import { NOTHING_STORED, readStoredRows, readStoredRowsOf } from './support/stored-rows.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'
import { addVariedUsage } from './support/varied-usage.ts'

type Line = Record<string, unknown>

describeOnBothEngines('a damaged backup', (engine) => {
  let source: TestDatabase
  let target: TestDatabase
  let targetDatabase: Database
  let genuine: Buffer
  let damagedFile: string
  beforeAll(async () => {
    source = await createTestDatabase(engine)
    target = await createTestDatabase(engine)
    await addVariedUsage(source, 2100)
    const file = join(source.dataDir, 'genuine.backup')
    damagedFile = join(source.dataDir, 'damaged.backup')
    await withDatabase(source.environment, (database) =>
      writeBackupFile(file, readDatabase(database), { force: false, signal: new AbortController().signal }),
    )
    genuine = await readFile(file)
    targetDatabase = (await openDatabase(parseConfig(target.environment), () => {})).database
  })
  afterAll(async () => {
    await targetDatabase.close()
    await source.remove()
    await target.remove()
  })

  /** Restores these bytes and gives the refusal, once it is certain that nothing was written. */
  async function refusalOf(bytes: Buffer): Promise<string> {
    await writeFile(damagedFile, bytes)
    const refusal = await writeDatabase(targetDatabase, readBackupFile(damagedFile)).then(
      () => 'it was accepted',
      (error: Error) => `${error.name}: ${error.message}`,
    )
    expect(await readStoredRows(targetDatabase)).toEqual(NOTHING_STORED)
    return refusal
  }

  /** The backup with its lines changed; the checksum is made right again, as somebody who edits it knowingly would. */
  function edited(change: (lines: Line[]) => Line[]): Buffer {
    const lines = gunzipSync(genuine).toString().trimEnd().split('\n')
    const changed = change(lines.map((line) => JSON.parse(line)))
    const trailer = changed.pop() as Line
    const text = changed.map((line) => `${JSON.stringify(line)}\n`).join('')
    const sha256 = createHash('sha256').update(text).digest('hex')
    return gzipSync(`${text}${JSON.stringify({ ...trailer, sha256 })}\n`)
  }

  const changeLine = (find: (line: Line) => boolean, change: Line) =>
    edited((lines) => {
      const index = lines.findIndex(find)
      expect(index).toBeGreaterThanOrEqual(0)
      return lines.with(index, { ...lines[index], ...change })
    })

  it('is refused where it is cut short, and leaves nothing', async () => {
    for (const length of [0, 1, 20, genuine.length >> 1, genuine.length - 9, genuine.length - 1]) {
      expect(await refusalOf(genuine.subarray(0, length))).toMatch(/BackupError: .*(cut short|not a backup)/)
    }
  })

  it('is refused without its last line', async () => {
    const lines = gunzipSync(genuine).toString().trimEnd().split('\n')
    const withoutTrailer = gzipSync(`${lines.slice(0, -1).join('\n')}\n`)
    expect(await refusalOf(withoutTrailer)).toMatch(/BackupError: .*cut short/)
  })

  it('is refused after a flipped bit, and leaves nothing', async () => {
    const bytes = Buffer.from(genuine)
    for (const part of [0.1, 0.5, 0.9]) {
      const at = Math.floor(part * bytes.length)
      bytes[at] = (bytes[at] as number) ^ 0x10
      expect(await refusalOf(bytes)).toMatch(/BackupError: .*damaged/)
      bytes[at] = (bytes[at] as number) ^ 0x10
    }
  })

  it('is refused or reads the same, whichever bit is flipped', async () => {
    const read = async (bytes: Buffer) => {
      const parts: BackupPart[] = []
      for await (const part of parseParts(Readable.from([bytes]))) parts.push(part)
      return parts
    }
    const expected = await read(genuine)
    // Some bits of the gzip header, its time stamp for one, mean nothing.
    const anyBit = fc.integer({ min: 0, max: 8 * genuine.length - 1 })
    await fc.assert(
      fc.asyncProperty(anyBit, async (bit) => {
        const bytes = Buffer.from(genuine)
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
        const parts = await read(bytes).catch((error) => error)
        if (Array.isArray(parts)) expect(parts).toEqual(expected)
        else expect(parts.name).toBe('BackupError')
      }),
      { numRuns: 200 },
    )
  })

  it('is refused when text is changed and packed again', async () => {
    const text = gunzipSync(genuine).toString()
    const changed = text.replace('"ada@example.com"', '"eve@example.com"')
    expect(changed).not.toBe(text)
    expect(await refusalOf(gzipSync(changed))).toMatch(/checksum is wrong/)
  })

  it('is refused with an edited count, whose sums no longer agree', async () => {
    const isAda = (line: Line) => line.email === 'ada@example.com'
    expect(await refusalOf(changeLine(isAda, { prompt_count: 1 }))).toMatch(/users\.prompt_count came to/)
  })

  it('is refused with counts edited so that the sums stay, by the events of each user', async () => {
    const swapped = edited((lines) =>
      lines.map((line) => {
        if (line.email === 'unused@example.com') return { ...line, prompt_count: 12, token_count: 3456 }
        if (line.email === 'moved@example.com') return { ...line, prompt_count: 0, token_count: 0 }
        return line
      }),
    )
    expect(await refusalOf(swapped)).toMatch(/not the sum of their events/)
  })

  it('is refused with a row that its table does not take', async () => {
    const isAda = (line: Line) => line.email === 'ada@example.com'
    expect(await refusalOf(changeLine(isAda, { created_at: 'yesterday-ish' }))).toMatch(/users refused a row/)
    expect(await refusalOf(changeLine(isAda, { email: 'moved@example.com' }))).toMatch(/users refused a row/)
  })

  it('is refused with a row too few or too many', async () => {
    const isSession = (line: Line) => line.table === 'sessions'
    expect(await refusalOf(changeLine(isSession, { rows: 2 }))).toMatch(/damaged/)
    expect(await refusalOf(changeLine(isSession, { rows: 4 }))).toMatch(/damaged/)
    const withoutSessions = edited((lines) => {
      const index = lines.findIndex(isSession)
      return lines.toSpliced(index, 1 + (lines[index]?.rows as number))
    })
    expect(await refusalOf(withoutSessions)).toMatch(/sessions came to 0 rows instead of 3/)
  })

  it('is refused with tables or columns that its schema does not have', async () => {
    const isUsers = (line: Line) => line.table === 'users'
    expect(await refusalOf(changeLine(isUsers, { table: 'schema_version' }))).toMatch(
      /no table schema_version/,
    )
    expect(await refusalOf(changeLine(isUsers, { table: 'pg_authid' }))).toMatch(/no table pg_authid/)
    expect(await refusalOf(changeLine(isUsers, { columns: ['id'] }))).toMatch(/no table users with these/)
  })

  it('is refused with something behind its end', async () => {
    expect(await refusalOf(Buffer.concat([genuine, gzipSync('more\n')]))).toMatch(/something follows its end/)
  })

  it('of a newer format or schema is refused with the version to use', async () => {
    const isHeader = (line: Line) => line.format !== undefined
    expect(await refusalOf(changeLine(isHeader, { formatVersion: 2 }))).toMatch(/format 2, .* reads 1/)
    const newer = changeLine(isHeader, { schemaVersion: SCHEMA_VERSION + 1 })
    expect(await refusalOf(newer)).toMatch(new RegExp(`schema version ${SCHEMA_VERSION + 1}; this one knows`))
  })

  it('that is something else is refused as that', async () => {
    expect(await refusalOf(Buffer.from('-- PostgreSQL database dump\n'))).toMatch(/not a backup made by/)
    expect(await refusalOf(gzipSync('-- PostgreSQL database dump\n'))).toMatch(/not a backup made by/)
    expect(await refusalOf(gzipSync(Buffer.alloc(20 * 1024 ** 2, 'x')))).toMatch(/not a backup made by/)
  })

  it('leaves the database free for a genuine one', async () => {
    const other = await createTestDatabase(engine)
    await writeFile(damagedFile, genuine.subarray(0, -1))
    const restored = await withDatabase(other.environment, async (database) => {
      await expect(writeDatabase(database, readBackupFile(damagedFile))).rejects.toThrow('cut short')
      await writeFile(damagedFile, genuine)
      return writeDatabase(database, readBackupFile(damagedFile))
    })
    expect(restored.totals.users?.rows).toBe(4)
    await other.remove()
  })

  it('never mixes with rows that are there', async () => {
    const other = await createTestDatabase(engine)
    await writeFile(damagedFile, genuine)
    await withDatabase(other.environment, async (database) => {
      await writeDatabase(database, readBackupFile(damagedFile))
      await expect(writeDatabase(database, readBackupFile(damagedFile))).rejects.toThrow('is not empty')
    })
    expect(await readStoredRowsOf(other.environment)).toEqual(await readStoredRowsOf(source.environment))
    await other.remove()
  })
})
