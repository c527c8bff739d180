import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CsvRecord, csvRecords } from '../src/csv-records.ts'
import { maySpanLines, readHeader, readRow } from '../src/import-columns.ts'

/** Reads a text that arrives in pieces of this many bytes. */
async function read(text: string, pieceLength = 7, mayAlways = true): Promise<CsvRecord[]> {
  const bytes = Buffer.from(text)
  const pieces = async function* () {
    for (let start = 0; start < bytes.length; start += pieceLength)
      yield bytes.subarray(start, start + pieceLength)
  }
  return Array.fromAsync(csvRecords(pieces(), () => mayAlways))
}

const brief = (records: readonly CsvRecord[]) =>
  records.map(({ line, fields, problem }) => [line, fields ?? problem])

const UNMATCHED = 'The quotes of this line do not match.'

describe('a CSV file', () => {
  it.each([
    ['a,b\nc,d', '\n'],
    ['a,b\r\nc,d\r\n', '\r\n'],
    ['a,b\rc,d\r', '\r'],
    ['\ufeffa,b\nc,d\n', 'with a byte order mark'],
    ['a,b\n\n  \nc,d\n', 'with blank lines'],
    ['a;b\nc;d\n', 'with semicolons'],
    ['a\tb\nc\td\n', 'with tabs'],
    ['"a",b\n"c","d"\n', 'with quotes'],
  ])('%j is two records of two fields', async (text) => {
    for (const pieceLength of [1, 2, 3, 1000]) {
      const fields = (await read(text, pieceLength)).map((record) => record.fields)
      expect(fields).toEqual([
        ['a', 'b'],
        ['c', 'd'],
      ])
    }
  })

  it('counts lines as an editor does, also over quoted line breaks', async () => {
    expect(brief(await read('a,b\r\n"one\r\ntwo",c\r\n\r\nd,e\r\n'))).toEqual([
      [1, ['a', 'b']],
      [2, ['one\ntwo', 'c']],
      [5, ['d', 'e']],
    ])
  })

  it('loses only the line whose quotes do not match', async () => {
    expect(brief(await read('a,b\n"open,1\nc,d\ne"f,2\n"g"h,3\n"i",4\n'))).toEqual([
      [1, ['a', 'b']],
      [2, UNMATCHED],
      [3, ['c', 'd']],
      [4, UNMATCHED],
      [5, UNMATCHED],
      [6, ['i', '4']],
    ])
  })

  it('lets no two stray quotes swallow the lines between them', async () => {
    const text = 'a,b\n"open,1\nc,d\nclosed",2\ne,f\n'
    expect(brief(await read(text, 7, false))).toEqual([
      [1, ['a', 'b']],
      [2, UNMATCHED],
      [3, ['c', 'd']],
      [4, UNMATCHED],
      [5, ['e', 'f']],
    ])
  })

  it('goes on after a line that is too long to hold', async () => {
    const long = 'x'.repeat(300_000)
    const records = await read(`a,b\n${long},c\nd,e\n"${long}\nf,g\n${long}`, 10_000)
    expect(brief(records)).toEqual([
      [1, ['a', 'b']],
      [2, expect.stringContaining('longer than')],
      [3, ['d', 'e']],
      [4, expect.stringContaining('longer than')],
      [5, ['f', 'g']],
      [6, expect.stringContaining('longer than')],
    ])
  })

  it('finds a quote that is never closed at once, not at the end of the file', async () => {
    const rest = Array.from({ length: 1000 }, (_, index) => `r${index},1`)
    const records = await read(`a,b\n"open,1\n${rest.join('\n')}\n`)
    expect(records).toHaveLength(1002)
    expect(brief(records.filter(({ fields }) => fields === null))).toEqual([[2, UNMATCHED]])
  })

  it('is read as it was written, whatever the fields hold and wherever it is cut', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', 'é', '😀', '"', ',', ';', '\n', ' ', '1'),
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 20 }),
        async (rows, end, pieceLength) => {
          const lines = [['h1', 'h2'], ...rows].map((row) =>
            row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','),
          )
          const records = await read(`${lines.join(end)}${end}`, pieceLength)
          expect(records.slice(1).map(({ fields }) => fields)).toEqual(rows)
        },
      ),
    )
  })
})

describe('the columns of an import', () => {
  it('are known in any case and order, with blanks, dashes or underscores', () => {
    expect(readHeader(['CREATED_AT', ' e-mail', 'Token Count', 'note']).columns).toEqual([
      'createdAt',
      'email',
      'tokenCount',
      null,
    ])
    expect(readHeader(['email', 'note', 'apiKey']).unknown).toEqual(['note', 'apiKey'])
  })

  it('hold no line break, those that are not ours may', () => {
    const { columns } = readHeader(['email', 'note'])
    expect(maySpanLines(['a@example.com', 'two\nlines'], columns)).toBe(true)
    expect(maySpanLines(['a@example.com\nb', 'note'], columns)).toBe(false)
  })

  it.each([
    [['a@example.com', '', ''], { email: 'a@example.com' }],
    [
      [' a@example.com ', ' 7 ', '2025-03-01'],
      { email: 'a@example.com', promptCount: 7, createdAt: '2025-03-01T00:00:00Z' },
    ],
    [
      ['a@example.com', '', '2025-03-01 10:00:00.5'],
      { email: 'a@example.com', createdAt: '2025-03-01T10:00:00.5Z' },
    ],
    [
      ['a@example.com', '', '2025-03-01 10:00:00+0530'],
      { email: 'a@example.com', createdAt: '2025-03-01T10:00:00+05:30' },
    ],
    [
      ['a@example.com', '', '2025-03-01 10:00:00 UTC'],
      { email: 'a@example.com', createdAt: '2025-03-01T10:00:00Z' },
    ],
    [["'+a@example.com", '', "'=b"], { email: '+a@example.com', createdAt: '=b' }],
    [["'@", '', "'-"], { email: '@', createdAt: '-' }],
    [["'a@example.com", '', ''], { email: "'a@example.com" }],
    [['a@example.com', '', 'yesterday'], { email: 'a@example.com', createdAt: 'yesterday' }],
    [['a@example.com', '1e3', ''], 'promptCount must be a whole number from 0 to 9007199254740991.'],
    [['a@example.com', '1,000', ''], 'promptCount must be a whole number from 0 to 9007199254740991.'],
    [['a@example.com', '1'], 'There are 2 fields; the first line names 3.'],
    [['', '1', ''], 'The email is missing.'],
    [['', ' ', ''], null],
  ])('make of %j %j', (fields, row) => {
    const { columns } = readHeader(['email', 'promptCount', 'createdAt'])
    expect(readRow(fields, columns)).toEqual(row)
  })
})
