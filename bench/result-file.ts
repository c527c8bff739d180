import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes what a benchmark found as JSON, with numbers to six digits. */
export async function writeResult(path: string, result: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(result, roundNumbers, 2)}\n`)
}

/** Counts stay as they are: six digits are for what was measured. */
function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
}
