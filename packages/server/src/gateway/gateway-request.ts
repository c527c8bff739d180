import { PromptmeterError } from '../promptmeter-error.ts'
import type { Endpoint } from './endpoint.ts'
import {
  findAmbiguousMember,
  hasMoreValues,
  type JsonMember,
  jsonMembers,
  setJsonMembers,
} from './json-members.ts'
import { isObject, type JsonObject, objectOf } from './json-value.ts'
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
  'service_tier',
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
  refuseAmbiguity(body)
  const model = parsed.model ?? null
  if (model !== null && !isModelName(model)) {
    throw new PromptmeterError(
      'invalid_request',
      `model must be a text of at most ${MAX_MODEL_LENGTH} characters.`,
    )
  }
  if (parsed.background === true) {
    throw new PromptmeterError(
      'invalid_request',
      'background is not possible here: such an answer could not be counted.',
    )
  }
  // Some servers read 1 or "true" as true, and would stream without the numbers.
  if (parsed.stream != null && typeof parsed.stream !== 'boolean') {
    throw new PromptmeterError('invalid_request', 'stream must be true or false.')
  }
  const bounds = BOUNDS[endpoint].filter((name) => parsed[name] != null)
  const wanted = bounds.map((name) => parsed[name]).filter(isBound)
  return {
    endpoint,
    body,
    parsed,
    model: model === '' ? null : model,
    stream: parsed.stream === true,
    wantsUsage: objectOf(parsed.stream_options).include_usage === true,
    maxTokens: wanted.length === 0 ? null : Math.max(...wanted),
    bounds,
    answers: answersOf(endpoint, parsed),
    unboundedPart: unboundedPart(endpoint, parsed),
  }
}

/** Longest name of a model that is kept (`Model` in the contract). */
const MAX_MODEL_LENGTH = 128

function isModelName(model: unknown): model is string {
  return typeof model === 'string' && model.length <= MAX_MODEL_LENGTH && !/[\p{Cc}\p{Cs}]/u.test(model)
}

/** Most values in a request: far more than any conversation has, few enough to be read in one turn of the event loop. */
const MAX_VALUES = 100_000

function parseBody(body: Buffer): JsonObject {
  if (hasMoreValues(body, MAX_VALUES)) {
    throw new PromptmeterError('body_too_large', `The body has more than ${MAX_VALUES} values.`)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString())
  } catch {
    throw new PromptmeterError('invalid_json', 'The body is not valid JSON.')
  }
  if (!isObject(parsed)) throw new PromptmeterError('invalid_request', 'The body must be a JSON object.')
  return parsed
}

const BACKSLASH = 0x5c

/**
 * The bytes go up as they are, so they must read the same to every parser: no deciding field twice or in another case,
 * and none escaped, which V8 itself may misread (nodejs/node#63785).
 */
function refuseAmbiguity(body: Buffer): void {
  const members = jsonMembers(body)
  const ambiguous = findAmbiguousMember(members, DECIDING) ?? findEscaped(body, members)
  if (ambiguous === null) return
  throw new PromptmeterError(
    'invalid_request',
    `${JSON.stringify(ambiguous.slice(0, 64))} is ambiguous: send each field once, spelled as documented.`,
  )
}

function findEscaped(body: Buffer, members: readonly JsonMember[]): string | null {
  let end = 0
  for (const { key, valueStart, valueEnd } of members) {
    if (body.subarray(end, valueStart).includes(BACKSLASH)) return key
    end = valueEnd
  }
  return null
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
  const parsed = objectOf(request.parsed)
  const changes: Record<string, unknown> = {}
  if (maxTokens !== null) {
    // A server may know but one of several bounds: each has to hold, and none is raised.
    for (const name of bounds.length > 0 ? bounds : BOUNDS[endpoint].slice(0, 1)) {
      const bound = parsed[name]
      if (!isBound(bound) || bound > maxTokens) changes[name] = maxTokens
    }
  }
  if (stream && tellsUsageOnWish(endpoint) && !wantsUsage) changes.stream_options = { include_usage: true }
  return Object.keys(changes).length === 0 ? body : setJsonMembers(body, changes)
}

/** Chat and completions tell the numbers of a stream only when asked; responses always do. */
export function tellsUsageOnWish(endpoint: Endpoint): boolean {
  return endpoint === 'chat' || endpoint === 'completions'
}
