import type { ImportResult, ImportRow } from '@promptmeter/contract'
import { importLines } from '@promptmeter/user-csv'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../src/api/request.ts'
import { badLinesCsv, inOrder } from '../src/users/import/bad-lines-csv.ts'
import { fileChunks } from '../src/users/import/file-chunks.ts'
import { previewImport } from '../src/users/import/import-preview.ts'
import { type ImportCounts, sendImport } from '../src/users/import/import-sending.ts'

const chunks = (text: string) => fileChunks(new Blob([text]), new AbortController().signal)
const manyRows = (count: number) =>
  `email,tokenCount\n${Array.from({ length: count }, (_, row) => `u${row}@example.com,${row}`).join('\n')}\n`

const away = () => new ApiError('unreachable', 'The server cannot be reached.', 0)

/** Sends a text to a server that adds whom it does not know, unless `fail` throws for a request. */
async function send(text: string, fail: (request: number, rows: readonly ImportRow[]) => void = () => {}) {
  const requests: number[] = []
  const known = new Set<string>()
  const stop = new AbortController()
  let counts: ImportCounts = { rows: 0, added: 0, exists: 0, badLines: [] }
  const result = ({ email }: ImportRow): ImportResult => {
    if (!email.includes('@')) return { outcome: 'invalid', error: 'Email is invalid.' }
    if (known.has(email)) return { outcome: 'exists' }
    known.add(email)
    return { outcome: 'added' }
  }
  const sending = sendImport(
    importLines(chunks(text), () => {}),
    {
      send: async (rows) => {
        requests.push(rows.length)
        fail(requests.length, rows)
        return { results: rows.map(result) }
      },
      stop: stop.signal,
      onCounts: (now) => {
        counts = now
        if (text.startsWith('stop')) stop.abort()
      },
      retryWaitsMs: [0, 0, 0],
    },
  )
  const error: unknown = await sending.then(
    () => null,
    (reason: unknown) => reason,
  )
  return { requests, counts, error }
}

describe('an import in the browser', () => {
  it('knows before anything is sent how many rows there are, and which lines are bad', async () => {
    const text = `${manyRows(5000)}"open@example.com,1\n,5\nlast@example.com,x\n`
    const { rowCount, first, badLines, header } = await previewImport(chunks(text))
    expect({ rowCount, shown: first.length, unknown: header.unknown }).toEqual({
      rowCount: 5000,
      shown: 10,
      unknown: [],
    })
    expect(badLines).toEqual([
      { line: 5002, problem: 'The quotes of this line do not match.' },
      { line: 5003, problem: 'The email is missing.' },
      { line: 5004, problem: 'tokenCount must be a whole number from 0 to 9007199254740991.' },
    ])
  })

  it('sends a thousand rows at a time, and names every line that was left out by its number', async () => {
    const { requests, counts } = await send(`${manyRows(2000)}nobody,1\n,2\nu7@example.com,1\n`)
    expect(requests).toEqual([1000, 1000, 2])
    expect(counts).toMatchObject({ rows: 2002, added: 2000, exists: 1 })
    expect(inOrder(counts.badLines)).toEqual([
      { line: 2002, problem: 'Email is invalid.' },
      { line: 2003, problem: 'The email is missing.' },
    ])
  })

  it('outlasts a server that is away three times, and says so the fourth', async () => {
    const late = await send(manyRows(1), (request) => {
      if (request <= 3) throw away()
    })
    expect(late).toMatchObject({ requests: [1, 1, 1, 1], counts: { added: 1 }, error: null })
    const never = await send(manyRows(1), () => {
      throw away()
    })
    expect(never).toMatchObject({ requests: [1, 1, 1, 1], error: { code: 'unreachable' } })
  })

  it('does not ask again what was refused, and halves what was too large', async () => {
    const refused = await send(manyRows(3), () => {
      throw new ApiError('admin_required', 'No.', 403)
    })
    expect(refused).toMatchObject({ requests: [3], error: { code: 'admin_required' } })
    const halved = await send(manyRows(4), (_, rows) => {
      if (rows.length > 2) throw new ApiError('body_too_large', 'Too large.', 413)
    })
    expect(halved).toMatchObject({ requests: [4, 2, 2], counts: { rows: 4, added: 4 }, error: null })
  })

  it('sends nothing more once it was stopped, and keeps what was counted', async () => {
    const { requests, counts, error } = await send(`stop,${manyRows(3000).replaceAll('\n', '\n,')}`)
    expect({ requests, rows: counts.rows, error }).toEqual({ requests: [1000], rows: 1000, error: null })
  })

  it('reports its bad lines as a file that keeps quotes and commas apart', () => {
    const lines = [
      { line: 9, problem: 'a "b", c' },
      { line: 2, problem: 'x' },
    ]
    expect(badLinesCsv(lines)).toBe('line,problem\r\n2,"x"\r\n9,"a ""b"", c"\r\n')
  })
})
