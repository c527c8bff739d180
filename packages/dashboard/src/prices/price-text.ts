import type { Price } from '@promptmeter/contract'
import { MAX_PRICE_MICROS } from '@promptmeter/contract/bounds'
import { amountText, parseDollars } from '../common/terms/amount-text.ts'

/** A price while it is edited, as typed. */
export interface PriceText {
  readonly model: string
  /** In the zone of whoever looks, as `<input type="datetime-local">` has it. */
  readonly from: string
  /** Dollars for a million tokens. */
  readonly input: string
  /** Empty where it costs like other input. */
  readonly cachedInput: string
  readonly output: string
}

export type PriceErrors = Readonly<Partial<Record<keyof PriceText, string>>>

export type ParsedPrice = { readonly price: Price } | { readonly errors: PriceErrors }

/** A price as it is, from its own moment on unless another is given. */
export function priceText(price: Price, from: Date = new Date(price.effectiveFrom)): PriceText {
  return {
    model: price.model,
    from: localText(from),
    input: amountText(price.inputMicros, 'cost'),
    cachedInput: price.cachedInputMicros === null ? '' : amountText(price.cachedInputMicros, 'cost'),
    output: amountText(price.outputMicros, 'cost'),
  }
}

export function emptyPriceText(model: string, from: Date): PriceText {
  return { model, from: localText(from), input: '', cachedInput: '', output: '' }
}

/** @param kept the price that is corrected: its model and its moment, which text would round, stay what they are */
export function parsePriceText(text: PriceText, kept: Price | null): ParsedPrice {
  const model = text.model.trim()
  const from = parseLocal(text.from)
  const input = parsePriceDollars(text.input)
  const cachedInput = text.cachedInput.trim() === '' ? null : parsePriceDollars(text.cachedInput)
  const output = parsePriceDollars(text.output)
  const errors: Partial<Record<keyof PriceText, string>> = {}
  if (!isModel(model)) errors.model = 'Give a model or a pattern of 1 to 128 characters, such as gpt-5*.'
  if (from === null) errors.from = 'Give a day and a time.'
  if (input === null) errors.input = DOLLARS
  if (cachedInput === null && text.cachedInput.trim() !== '') errors.cachedInput = DOLLARS
  if (output === null) errors.output = DOLLARS
  if (input === null || output === null || from === null || Object.keys(errors).length > 0) return { errors }
  return {
    price: {
      model: kept?.model ?? model,
      effectiveFrom: kept?.effectiveFrom ?? from.toISOString(),
      inputMicros: input,
      cachedInputMicros: cachedInput,
      outputMicros: output,
    },
  }
}

const DOLLARS = 'Give dollars from 0 to 1,000,000, such as 1.25, with at most six digits after the point.'

function parsePriceDollars(text: string): number | null {
  const micros = parseDollars(text)
  return micros !== null && micros <= MAX_PRICE_MICROS ? micros : null
}

const isModel = (text: string) => [...text].length <= 128 && /^[^\p{Cc}\p{Cs}]+$/u.test(text)

/** The moment that a local date and time mean; null for what is none, or of a year nobody means. */
export function parseLocal(text: string): Date | null {
  if (!/^2\d{3}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text)) return null
  const moment = new Date(text)
  return Number.isNaN(moment.getTime()) ? null : moment
}

/** To the minute, as people name a moment. */
function localText(moment: Date): string {
  const [month, day, hours, minutes] = [
    moment.getMonth() + 1,
    moment.getDate(),
    moment.getHours(),
    moment.getMinutes(),
  ].map((part) => String(part).padStart(2, '0'))
  return `${moment.getFullYear()}-${month}-${day}T${hours}:${minutes}`
}
