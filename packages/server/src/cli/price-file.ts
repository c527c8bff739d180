import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Price } from '@promptmeter/contract'
import { parseInstant } from '../instant.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
import { MAX_PRICE_MICROS } from './option-values.ts'

/** The prices that come with Promptmeter, to begin with. */
export const STARTER_LIST = fileURLToPath(new URL('../../prices/openai.json', import.meta.url))

export interface PriceFile {
  /** Where somebody read the prices, on which day, and what to know of them; null where the file does not say. */
  readonly source: string | null
  readonly readOn: string | null
  readonly note: string | null
  readonly prices: readonly Price[]
}

/** Reads and checks a whole file: what is sent in pieces must not fail in the middle. @throws CommandFailure */
export async function readPriceFile(path: string): Promise<PriceFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const problem =
      error.code === 'ENOENT' ? `There is no file ${path}.` : `Cannot read ${path} (${error.code}).`
    throw new CommandFailure(problem, EXIT_CODES.usage)
  })
  try {
    return parsePriceFile(text)
  } catch (error) {
    if (!(error instanceof PriceFileError)) throw error
    throw new CommandFailure(`${path}: ${error.message}\nNothing was set.`)
  }
}

export class PriceFileError extends Error {}

/** @throws PriceFileError that names the entry and what is wrong with it */
export function parsePriceFile(text: string): PriceFile {
  const file = parseJson(text)
  if (!isObject(file) || !Array.isArray(file.prices) || file.prices.length === 0) {
    throw new PriceFileError('It must be an object with a list of prices, as prices/openai.json is.')
  }
  if (file.currency !== undefined && file.currency !== 'USD') {
    throw new PriceFileError('currency must be USD: cost is counted in dollars.')
  }
  const prices = file.prices.map((entry: unknown, index): Price => {
    const problem = isObject(entry) ? findProblem(entry) : 'must be an object.'
    if (problem !== null) throw new PriceFileError(`entry ${describeEntry(entry, index)}: ${problem}`)
    return entry as Price
  })
  refuseRepeated(prices)
  return { source: textOf(file.source), readOn: textOf(file.readOn), note: textOf(file.note), prices }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw new PriceFileError(`It is not valid JSON (${(error as Error).message}).`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

const isMicros = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_PRICE_MICROS

const MICROS = `a whole number of micro-dollars from 0 to ${MAX_PRICE_MICROS}`

/** Every field of a price: whether a value fits, and what it must be. */
const FIELDS: Readonly<Record<keyof Price, readonly [(value: unknown) => boolean, string]>> = {
  model: [isModel, 'text of 1 to 128 characters in one line'],
  effectiveFrom: [
    (value) => typeof value === 'string' && parseInstant(value) !== null,
    'an instant such as 2025-08-07T00:00:00Z',
  ],
  inputMicros: [isMicros, MICROS],
  cachedInputMicros: [
    (value) => value === null || isMicros(value),
    `${MICROS}, or null where it costs like other input`,
  ],
  outputMicros: [isMicros, MICROS],
}

function isModel(value: unknown): boolean {
  return typeof value === 'string' && [...value].length <= 128 && /^[^\p{Cc}\p{Cs}]+$/u.test(value)
}

function findProblem(entry: Record<string, unknown>): string | null {
  for (const [name, [fits, expectation]] of Object.entries(FIELDS)) {
    if (!fits(entry[name])) return `${name} must be ${expectation}.`
  }
  const unknown = Object.keys(entry).find((name) => !Object.hasOwn(FIELDS, name))
  return unknown === undefined ? null : `${JSON.stringify(unknown)} is not known.`
}

/** Counted from 1, with its model where that helps to find it. */
function describeEntry(entry: unknown, index: number): string {
  const model = isObject(entry) && isModel(entry.model) ? ` (${entry.model})` : ''
  return `${index + 1}${model}`
}

function refuseRepeated(prices: readonly Price[]): void {
  const seen = new Map<string, number>()
  for (const [index, price] of prices.entries()) {
    const key = `${parseInstant(price.effectiveFrom)?.getTime()} ${price.model}`
    const earlier = seen.get(key)
    if (earlier !== undefined) {
      throw new PriceFileError(
        `entry ${describeEntry(price, index)}: entry ${earlier + 1} is of the same model and effectiveFrom.`,
      )
    }
    seen.set(key, index)
  }
}
