import type { CorrectionRequest, UsageEventResponse, UserResponse } from '@promptmeter/contract'
import { EARLIEST_INSTANT, MAX_EVENT_LEAD_MS } from '@promptmeter/contract/bounds'
import { amountHint, amountText, parseAmount } from '../../common/terms/amount-text.ts'

/** A correction while it is typed. Amounts are never negative: `direction` says which way they go. */
export interface CorrectionText {
  readonly direction: 'take' | 'add'
  readonly prompts: string
  readonly tokens: string
  /** In dollars. */
  readonly cost: string
  readonly model: string
  readonly source: string
  /** As an input for local times gives it; empty for now. */
  readonly when: string
  readonly reason: string
}

export type CorrectionErrors = Partial<Record<keyof CorrectionText, string>>

export const NO_CORRECTION: CorrectionText = {
  direction: 'take',
  prompts: '',
  tokens: '',
  cost: '',
  model: '',
  source: '',
  when: '',
  reason: '',
}

/** What takes an event back: its counts where it stands, so that no hour falls below zero. */
export function takingBack(event: UsageEventResponse): CorrectionText {
  const text = (amount: number, meter: 'prompts' | 'tokens' | 'cost') =>
    amount > 0 ? amountText(amount, meter) : ''
  return {
    ...NO_CORRECTION,
    prompts: text(event.prompts, 'prompts'),
    tokens: text(event.tokens, 'tokens'),
    cost: text(event.costMicros, 'cost'),
    model: event.model ?? '',
    source: event.source ?? '',
    when: localInput(new Date(event.occurredAt)),
  }
}

const LONGEST_LABEL = 128
const LONGEST_REASON = 500
/** As `Label` of the contract has it. */
const UNFIT = /[\p{Cc}\p{Cs}]/u

/** @param now milliseconds since 1970 */
export function parseCorrection(
  text: CorrectionText,
  now: number,
): { readonly body: CorrectionRequest } | { readonly errors: CorrectionErrors } {
  const errors: CorrectionErrors = {}
  const amountOf = (meter: 'prompts' | 'tokens' | 'cost'): number => {
    if (text[meter].trim() === '') return 0
    const amount = parseAmount(text[meter], meter)
    if (amount === null) errors[meter] = amountHint(meter)
    return text.direction === 'take' ? -(amount ?? 0) : (amount ?? 0)
  }
  const usage = amountOf('prompts')
  const tokenCount = amountOf('tokens')
  const costMicros = amountOf('cost')
  const nothing = !usage && !tokenCount && !costMicros
  if (nothing && Object.keys(errors).length === 0) errors.prompts = 'Give prompts, tokens or cost.'
  const reason = text.reason.trim()
  if (reason === '') errors.reason = 'Say why, for the record.'
  for (const [name, longest] of [
    ['model', LONGEST_LABEL],
    ['source', LONGEST_LABEL],
    ['reason', LONGEST_REASON],
  ] as const) {
    if (text[name].length > longest) errors[name] = `At most ${longest} characters.`
    if (UNFIT.test(text[name].trim())) errors[name] = 'It holds a character that cannot be shown.'
  }
  const at = text.when === '' ? null : Date.parse(text.when)
  if (at !== null && !(at >= EARLIEST_INSTANT.getTime() && at <= now + MAX_EVENT_LEAD_MS))
    errors.when = 'Give a time from 2000 to now.'
  if (Object.keys(errors).length > 0) return { errors }
  return {
    body: {
      ...(usage !== 0 && { usage }),
      ...(tokenCount !== 0 && { tokenCount }),
      ...(costMicros !== 0 && { costMicros }),
      ...(text.model.trim() !== '' && { model: text.model.trim() }),
      ...(text.source.trim() !== '' && { source: text.source.trim() }),
      ...(at !== null && { occurredAt: new Date(at).toISOString() }),
      reason,
    },
  }
}

export interface CountChange {
  readonly name: string
  readonly unit: 'count' | 'cost'
  readonly before: number
  readonly after: number
}

/** Where the counts of the user stand with it. */
export function countChanges(
  user: Pick<UserResponse, 'promptCount' | 'tokenCount' | 'costMicros'>,
  { usage = 0, tokenCount = 0, costMicros = 0 }: CorrectionRequest,
): CountChange[] {
  const all: CountChange[] = [
    { name: 'Prompts', unit: 'count', before: user.promptCount, after: user.promptCount + usage },
    { name: 'Tokens', unit: 'count', before: user.tokenCount, after: user.tokenCount + tokenCount },
    { name: 'Cost', unit: 'cost', before: user.costMicros, after: user.costMicros + costMicros },
  ]
  return all.filter(({ before, after }) => before !== after)
}

/** What names the correction, whenever it is sent again. Not `randomUUID`, which a page without TLS has not. */
export function newCorrectionKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

/** As `<input type="datetime-local">` takes it: in the zone of whoever looks. */
function localInput(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
