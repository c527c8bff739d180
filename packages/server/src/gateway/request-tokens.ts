import type { Endpoint } from './endpoint.ts'
import { type JsonObject, listOf, objectOf } from './json-value.ts'
import { contentOf } from './request-content.ts'
import type { TokenCounter } from './token-counter.ts'

/** What the model will read. */
export interface RequestContent {
  /** Still to be counted. */
  readonly texts: readonly string[]
  /** Tokens of all that is not text: pictures, files, overhead, and input that came as tokens. */
  readonly fixedTokens: number
}

/**
 * Takes any JSON value for a body and never throws. Base64 counts by its length wherever a picture, sound or file may
 * stand; in a string that is text to the model, it is text.
 */
export function requestTexts(endpoint: Endpoint, body: unknown): RequestContent {
  const texts: string[] = []
  let fixedTokens = 0
  for (const piece of contentOf(endpoint, objectOf(body))) {
    if (typeof piece === 'number') fixedTokens += piece
    else if (piece !== '') texts.push(piece)
  }
  return { texts, fixedTokens }
}

export async function countRequestTokens(
  endpoint: Endpoint,
  body: unknown,
  counter: TokenCounter,
): Promise<number> {
  const { texts, fixedTokens } = requestTexts(endpoint, body)
  let tokens = fixedTokens
  for (const text of texts) tokens += await counter.count(text)
  return tokens
}

/** How many answers are generated at worst. A count that is no positive integer is 1: the upstream will refuse it. */
export function answersOf(endpoint: Endpoint, body: unknown): number {
  const { n, best_of, prompt } = objectOf(body)
  switch (endpoint) {
    case 'chat':
      return countOf(n)
    case 'completions':
      return Math.min(promptsIn(prompt) * Math.max(countOf(n), countOf(best_of)), Number.MAX_SAFE_INTEGER)
    case 'responses':
      return 1
    case 'embeddings':
      return 0
  }
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) ? Math.max(1, value as number) : 1
}

function promptsIn(prompt: unknown): number {
  const prompts = listOf(prompt)
  return prompts.every((token) => typeof token === 'number') ? 1 : prompts.length
}

/**
 * The name of the first field that makes the worst case of tokens unknowable beforehand, like `tools.0.type`: it
 * refers to what the upstream has stored, or lets the upstream itself fetch text for the model.
 */
export function unboundedPart(endpoint: Endpoint, body: unknown): string | null {
  const request = objectOf(body)
  for (const name of unboundedParts(endpoint, request)) return name
  return null
}

/** Tiers of service that cost no more than the price of a model says. */
const USUAL_TIERS = new Set<unknown>(['auto', 'default', 'flex'])

/** By these some providers let another model, with another price, answer. */
const OTHER_MODELS = ['models', 'route', 'fallbacks', 'model_list', 'api_base', 'plugins']

function* unboundedParts(endpoint: Endpoint, request: JsonObject): Generator<string> {
  if (!USUAL_TIERS.has(request.service_tier ?? 'default')) yield 'service_tier'
  yield* unclearCounts(endpoint, request)
  yield* fieldsSet(request, OTHER_MODELS)
  if (endpoint === 'chat') {
    yield* fieldsSet(request, ['web_search_options'])
    yield* hostedTools(request.tools, 'tools')
    yield* storedInput(request.messages, 'messages')
  } else if (endpoint === 'responses') {
    yield* fieldsSet(request, ['previous_response_id', 'conversation', 'prompt'])
    yield* hostedTools(request.tools, 'tools')
    yield* storedInput(request.input, 'input')
  }
}

/** How many answers there are, said in a way that some servers refuse and others read as a number: `"3"`, say. */
function* unclearCounts(endpoint: Endpoint, request: JsonObject): Generator<string> {
  if (endpoint !== 'chat' && endpoint !== 'completions') return
  for (const name of endpoint === 'chat' ? ['n'] : ['n', 'best_of']) {
    const count = request[name] ?? 1
    if (!Number.isSafeInteger(count) || (count as number) < 1) yield name
  }
}

function* fieldsSet(value: unknown, names: readonly string[], path = ''): Generator<string> {
  const fields = objectOf(value)
  for (const name of names) if (fields[name] !== undefined && fields[name] !== null) yield path + name
}

/** The upstream runs every tool that is not a function or a custom one, and what that reads or writes is billed. */
function* hostedTools(tools: unknown, path: string): Generator<string> {
  for (const [index, tool] of listOf(tools).entries()) {
    const { type } = objectOf(tool)
    if (type !== 'function' && type !== 'custom') yield `${path}.${index}.type`
  }
}

/** Items, tools and files that the input names or smuggles in. */
function* storedInput(items: unknown, path: string): Generator<string> {
  for (const [index, item] of listOf(items).entries()) {
    const at = `${path}.${index}.`
    const { type, role, tools, content, output } = objectOf(item)
    if (type === 'item_reference' || (type ?? role ?? null) === null) yield* fieldsSet(item, ['id'], at)
    if (type === 'additional_tools') yield* hostedTools(tools, `${at}tools`)
    yield* fieldsSet(item, ['audio'], at)
    yield* storedFiles(content, `${at}content.`)
    yield* storedFiles(output, `${at}output.`)
  }
}

/** Also those sent along: a document is compressed, and its length says nothing of what the model will read. */
const FILES = ['file_id', 'file_url', 'file_data']

function* storedFiles(parts: unknown, path: string): Generator<string> {
  for (const [index, part] of listOf(parts).entries()) {
    const { type, file } = objectOf(part)
    if (type === 'input_file') yield* fieldsSet(part, FILES, `${path}${index}.`)
    if (type === 'file') yield* fieldsSet(file, FILES, `${path}${index}.file.`)
  }
}
