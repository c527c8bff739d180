import { MAX_COUNT } from '@promptmeter/contract/bounds'
import { exactNumber } from '../shown/numbers.ts'

/** What else is told of an event: text, or a moment to be shown in the zone of whoever looks. */
export type DetailValue = string | { readonly at: string }

export interface Detail {
  readonly name: string
  readonly value: DetailValue
}

const NAMES: Readonly<Record<string, string>> = {
  because: 'Because of',
  cost: 'Cost added',
  exists: 'There before',
  expiresInDays: 'Expires in days',
  invalid: 'Did not fit',
  keepCurrent: 'This session kept',
  prompts: 'Prompts added',
  tokens: 'Tokens added',
}
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/

/** The details of an event for people: `expiresInDays: 30` as `Expires in days: 30`. */
export function detailsInWords(details: object): Detail[] {
  return Object.entries(details).map(([name, value]) => ({
    name: NAMES[name] ?? inWords(name),
    value: name === 'cost' && typeof value === 'number' ? exactNumber(value, 'cost') : shown(value),
  }))
}

function shown(value: unknown): DetailValue {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return value >= MAX_COUNT ? 'no limit' : exactNumber(value)
  if (typeof value === 'string') return INSTANT.test(value) ? { at: value } : value
  if (Array.isArray(value) && value.every((part) => typeof part === 'string'))
    return value.join(', ') || 'none'
  return JSON.stringify(value)
}

/** `expiresAt` as `Expires at`. */
function inWords(name: string): string {
  const words = name.replace(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
