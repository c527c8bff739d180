import { PromptmeterError } from '../promptmeter-error.ts'
import type { Endpoint } from './endpoint.ts'
import { findAmbiguousMember, type JsonMember, jsonMembers, setJsonMembers } from './json-members.ts'
import { isObject } from './json-value.ts'
import { answersOf, unboundedPart } from './request-tokens.ts'

/** The fields by which a request bounds one answer; the first is the one to add where there is none. */
const BOUNDS: Record<Endpoint, readonly string[]> = {
  chat: ['max_completion_tokens', 'max_tokens'],
  completions: ['max_tokens'],
  responses: ['max_output_tokens'],
  embeddings: [],
}

/** What decides or is charged: it must mean the same to us and to the upstream. */
const DECIDING = new Set([
  ...Object.values(BOUNDS).flat(),
  'background',
  'best_of',
  'conversation',
  'input',
  'messages',
  'model',
  'n',
  'previous_response_id',
  'prompt',
  'stream',
  'stream_options',
  'tools',
  'web_search_options',
])

/** A request to the AI provider as a client sent it. */
export interface GatewayRequest {
  readonly endpoint: Endpoint
  /** As it came, byte for byte. */
  readonly body: Buffer
  readonly parsed: unknown
  readonly model: string | null
  readonly stream: boolean
  /** True when the client itself asked for the numbers at the end of a stream. */
  readonly wantsUsage: boolean
  /** The most tokens one answer may have, or null where the request does not say. */
  readonly maxTokens: number | null
  /** Which fields say so. */
  readonly bounds: readonly string[]
  readonly answers: number
  readonly unboundedPart: string | null
}

/**
 * Reads what the gateway has to know of a request.
 * @throws PromptmeterError `invalid_json`; `invalid_request` when a deciding field is ambiguous or of no use
 */
export function readRequest(endpoint: Endpoint, body: Buffer): GatewayRequest {
  const parsed = parseBody(body)
  const members = jsonMembers(body)
  const ambiguous = findAmbiguousMember(members, DECIDING)
  if (ambiguous !== null) {
    throw new PromptmeterError(
      'invalid_request',
      `${JSON.stringify(ambiguous.slice(0, 64))} is ambiguous: send each field once, spelled as documented.`,
    )
  }
  // From the bytes that go up, not from the parsed value: that is what the upstream will read.
  const fields = readFields(body, members)
  const model = fields.get('model') ?? null
  if (
    model !== null &&
    (typeof model !== 'string' || model.length > MAX_MODEL_LENGTH || /[\p{Cc}\p{Cs}]/u.test(model))
  ) {
    throw new PromptmeterError(
      'invalid_request',
      `model must be a text of at most ${MAX_MODEL_LENGTH} characters.`,
    )
  }
  if (fields.get('background') === true) {
    throw new PromptmeterError(
      'invalid_request',
      'background is not possible here: such an answer could not be counted.',
    )
  }
  const bounds = BOUNDS[endpoint].filter((name) => fields.get(name) != null)
  const wanted = bounds.map((name) => fields.get(name)).filter(isBound)
  const options = fields.get('stream_options')
  return {
    endpoint,
    body,
    parsed,
    model: model === '' ? null : model,
    stream: fields.get('stream') === true,
    wantsUsage: isObject(options) && options.include_usage === true,
    maxTokens: wanted.length === 0 ? null : Math.max(...wanted),
    bounds,
    answers: answersOf(endpoint, parsed),
    unboundedPart: unboundedPart(endpoint, parsed),
  }
}

/** Longest name of a model that is kept (`Model` in the contract). */
const MAX_MODEL_LENGTH = 128

function parseBody(body: Buffer): unknown {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString())
  } catch {
    throw new PromptmeterError('invalid_json', 'The body is not valid JSON.')
  }
  if (!isObject(parsed)) throw new PromptmeterError('invalid_request', 'The body must be a JSON object.')
  return parsed
}

/** The small fields; what may be large stays unread. */
const READ = new Set(['background', 'model', 'stream', 'stream_options', ...Object.values(BOUNDS).flat()])

function readFields(body: Buffer, members: readonly JsonMember[]): Map<string, unknown> {
  const fields = new Map<string, unknown>()
  for (const { key, valueStart, valueEnd } of members) {
    if (READ.has(key)) fields.set(key, JSON.parse(body.toString('utf8', valueStart, valueEnd)))
  }
  return fields
}

function isBound(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

/**
 * The body that goes up: the client's own bytes, save a bound on the answer where a limit has set one, and the wish for
 * the numbers at the end of a stream.
 * @param maxTokens the bound, or null where no limit asks for one
 */
export function bodyToSend(request: GatewayRequest, maxTokens: number | null): Buffer {
  const { endpoint, body, bounds, stream, wantsUsage } = request
  const changes: Record<string, unknown> = {}
  if (maxTokens !== null && maxTokens !== request.maxTokens) {
    for (const name of bounds.length > 0 ? bounds : BOUNDS[endpoint].slice(0, 1)) changes[name] = maxTokens
  }
  if (stream && tellsUsageOnWish(endpoint) && !wantsUsage) changes.stream_options = { include_usage: true }
  return Object.keys(changes).length === 0 ? body : setJsonMembers(body, changes)
}

/** Chat and completions tell the numbers of a stream only when asked; responses always do. */
export function tellsUsageOnWish(endpoint: Endpoint): boolean {
  return endpoint === 'chat' || endpoint === 'completions'
}
