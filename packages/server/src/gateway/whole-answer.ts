import type { TokenUsage } from '../ledger/hold-call.ts'
import { textOfAnswer } from './answer-texts.ts'
import type { Endpoint } from './endpoint.ts'
import { jsonMembers } from './json-members.ts'
import { isObject, objectOf } from './json-value.ts'
import { UpstreamError } from './upstream.ts'
import { parseUsage } from './upstream-usage.ts'

/** Largest answer that is taken whole. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** Larger answers, those of thousands of embeddings, are only searched for their numbers. */
const MAX_PARSED_BYTES = 4 * 1024 * 1024

/** An answer that came in one piece. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** @throws UpstreamError when it is larger than any answer, or broke off */
export async function collect(body: AsyncIterable<Buffer>, limit = MAX_ANSWER_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > limit) throw new UpstreamError('broken', 'the answer of the AI provider is too large')
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)
}

/** What an answer says of itself. */
export interface ReadAnswer {
  readonly usage: TokenUsage | null
  /** The answer, or null where it is too large to be read. */
  readonly parsed: unknown
}

/** True when an answer that came with a good status says itself that the upstream failed, and has nothing else in it. */
export function isFailure(endpoint: Endpoint, { parsed }: ReadAnswer): boolean {
  return isObject(objectOf(parsed).error) && textOfAnswer(endpoint, parsed) === ''
}

/** Null when it is no JSON object: garbage. */
export function readAnswer(body: Buffer): ReadAnswer | null {
  try {
    if (body.length > MAX_PARSED_BYTES) {
      const member = jsonMembers(body).find(({ key }) => key === 'usage')
      const text = member === undefined ? 'null' : body.toString('utf8', member.valueStart, member.valueEnd)
      return { usage: parseUsage(JSON.parse(text)), parsed: null }
    }
    const parsed = JSON.parse(body.toString())
    return isObject(parsed) ? { usage: parseUsage(parsed.usage), parsed } : null
  } catch {
    return null
  }
}
