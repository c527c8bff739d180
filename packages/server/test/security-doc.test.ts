import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const lines = readFileSync(join(import.meta.dirname, '../../../docs/security.md'), 'utf8').split('\n')

/** The rows of tables that say by what they are shown: that is their last cell. */
const shown = lines
  .filter((line) => line.startsWith('| ') && line.split(' | ').length === 3 && !line.endsWith(' shown by |'))
  .map((line) => line.slice(line.lastIndexOf(' | ') + 3))

/** A file in backquotes, and the names in quotes up to the next file. */
const quoted = shown.flatMap((cell) =>
  [...cell.matchAll(/`([\w-]+\.test\.ts)`([^`]*)/g)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name })),
  ),
)

describe('docs/security.md', () => {
  it('says of every requirement which test shows it, or that none does', () => {
    expect(shown.filter((cell) => !/`[\w-]+\.test\.ts` "|by review/.test(cell))).toEqual([])
  })

  it('names only tests that there are', () => {
    expect(quoted.length).toBeGreaterThan(100)
    const missing = quoted.filter(
      ({ file, name }) => !readFileSync(join(import.meta.dirname, file), 'utf8').includes(name),
    )
    expect(missing).toEqual([])
  })
})
