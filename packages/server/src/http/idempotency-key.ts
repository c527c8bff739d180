import { PromptmeterError } from '../promptmeter-error.ts'

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/**
 * The key in an `Idempotency-Key` header, quoted as the IETF draft has it (a structured-field string, RFC 8941) or
 * bare; both spell the same key. Null when there is no header.
 * @throws PromptmeterError `idempotency_key_invalid`
 */
export function parseIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null
  const text = String(header).trim()
  const quoted = QUOTED.exec(text)
  const key = quoted ? (quoted[1] as string).replace(/\\(["\\])/g, '$1') : text
  if (!VISIBLE_ASCII.test(key) || (quoted === null && text.startsWith('"'))) {
    throw new PromptmeterError(
      'idempotency_key_invalid',
      'Idempotency-Key must be 1 to 255 visible ASCII characters, in double quotes or bare.',
    )
  }
  return key
}
