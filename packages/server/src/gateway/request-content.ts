import type { Endpoint } from './endpoint.ts'
import { isObject, type JsonObject, jsonOf, listOf, objectOf } from './json-value.ts'

/** What stands around each message or item, and before the reply (OpenAI's cookbook on counting tokens). */
const MESSAGE_TOKENS = 4
const REPLY_TOKENS = 3

/**
 * A picture at low detail, and the most one costs by the tile formula of gpt-4o: 85 + 8 tiles of 170
 * (https://platform.openai.com/docs/guides/images-vision). A file known by id or URL alone counts like such a picture.
 */
const PICTURES: PictureTokens = { low: 85, high: 1445 }
const STORED_FILE_TOKENS = PICTURES.high

/** Models that count a picture as more: gpt-4o-mini 2833 + 8 tiles of 5667, the small ones up to 1536 patches times 2.46. */
const DEARER_PICTURES: readonly (readonly [RegExp, PictureTokens])[] = [
  [/^gpt-4o-mini/, { low: 2833, high: 48_169 }],
  [/^(?:gpt-4\.1-(?:mini|nano)|gpt-5[\d.]*-(?:mini|nano)|o4-mini)/, { low: 3779, high: 3779 }],
]

/** What one picture costs at low detail, and at most. */
interface PictureTokens {
  readonly low: number
  readonly high: number
}

function picturesOf(model: unknown): PictureTokens {
  const dearer = DEARER_PICTURES.find(([models]) => typeof model === 'string' && models.test(model))
  return dearer?.[1] ?? PICTURES
}

/** Characters of base64 per token of sound, files and encrypted reasoning: three bytes. */
const BASE64_PER_TOKEN = 4

/** Fields of messages, items and calls that the model is never shown. */
const UNREAD = new Set(['id', 'type', 'status', 'call_id', 'tool_call_id'])

/** A text still to be counted, or the tokens of what is not text. */
export type ContentPiece = string | number
type Content = Generator<ContentPiece>

/**
 * What the model will read in a request. What has no rule here counts as the JSON it is, and no rule recurses: a
 * hostile body may nest as deep as it is long.
 */
export function* contentOf(endpoint: Endpoint, request: JsonObject): Content {
  const pictures = picturesOf(request.model)
  switch (endpoint) {
    case 'chat':
      yield REPLY_TOKENS
      for (const message of listOf(request.messages)) yield* itemContent(message, pictures)
      for (const name of ['tools', 'functions', 'response_format']) yield* definitionContent(request[name])
      break
    case 'completions':
      yield* promptContent(request.prompt)
      yield* valueContent(request.suffix)
      break
    case 'responses':
      yield REPLY_TOKENS
      for (const item of [request.instructions, ...eachOf(request.input)]) yield* itemContent(item, pictures)
      yield* definitionContent(request.tools)
      yield* definitionContent(objectOf(request.text).format)
      break
    case 'embeddings':
      yield* promptContent(request.input)
  }
}

/** A text, texts, tokens or lists of tokens. */
function* promptContent(prompts: unknown): Content {
  for (const prompt of eachOf(prompts)) {
    for (const part of eachOf(prompt)) {
      if (typeof part === 'number') yield 1
      else yield* valueContent(part)
    }
  }
}

/** A chat message, an item of a response's input, or a text in the place of one. */
function* itemContent(item: unknown, pictures: PictureTokens): Content {
  if (item === undefined || item === null) return
  yield MESSAGE_TOKENS
  if (!isObject(item)) yield* valueContent(item)
  else for (const name of Object.keys(item)) yield* fieldContent(name, item, pictures)
}

function* fieldContent(name: string, item: JsonObject, pictures: PictureTokens): Content {
  const value = item[name]
  switch (name) {
    case 'content':
    case 'output':
    case 'summary':
      for (const part of eachOf(value)) yield* partContent(part, pictures)
      break
    case 'tool_calls':
      for (const call of eachOf(value)) {
        const { function: named, custom } = objectOf(call)
        yield* callContent(named ?? custom ?? call)
      }
      break
    case 'function_call':
      yield* callContent(value)
      break
    case 'encrypted_content':
      yield* base64Content(value)
      break
    case 'tools':
      yield* definitionContent(value)
      break
    case 'result':
      if (item.type === 'image_generation_call') yield pictures.high
      else yield* valueContent(value)
      break
    default:
      if (!UNREAD.has(name)) yield* valueContent(value)
  }
}

/** The name of a tool, and its arguments or input. */
function* callContent(call: unknown): Content {
  if (!isObject(call)) yield* valueContent(call)
  else for (const [name, value] of Object.entries(call)) if (!UNREAD.has(name)) yield* valueContent(value)
}

function* partContent(part: unknown, pictures: PictureTokens): Content {
  const { type, text, refusal, image_url, detail, input_audio, file } = objectOf(part)
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      yield* valueContent(text)
      break
    case 'refusal':
      yield* valueContent(refusal)
      break
    case 'image_url':
    case 'input_image':
    case 'computer_screenshot':
      yield (detail ?? objectOf(image_url).detail) === 'low' ? pictures.low : pictures.high
      break
    case 'input_audio':
      yield* base64Content(objectOf(input_audio).data)
      break
    case 'file':
    case 'input_file':
      yield* fileContent(objectOf(file ?? part))
      break
    default:
      yield* valueContent(part)
  }
}

function* fileContent({ file_data, filename }: JsonObject): Content {
  yield* valueContent(filename)
  if (typeof file_data === 'string') yield* base64Content(file_data)
  else yield STORED_FILE_TOKENS
}

function* base64Content(value: unknown): Content {
  if (typeof value === 'string') yield base64Tokens(value)
  else yield* valueContent(value)
}

/** Of base64, bare or in a data: URL. */
function base64Tokens(base64: string): number {
  const start = base64.startsWith('data:') ? base64.indexOf(',') + 1 : 0
  return Math.ceil((base64.length - start) / BASE64_PER_TOKEN)
}

/** A text, or the JSON of a value without a rule. The data: URLs that are strings of their own in it are no text. */
function* valueContent(value: unknown): Content {
  if (typeof value === 'string') yield value
  else if (value !== undefined && value !== null) {
    let payloadTokens = 0
    yield jsonOf(value).replaceAll(/"(data:[^",]*;base64,[\w+/=-]*)"/g, (_, url) => {
      payloadTokens += base64Tokens(url)
      return '""'
    })
    yield payloadTokens
  }
}

/** Tools and schemas hold no files: what looks like base64 there is text to the model. */
function* definitionContent(value: unknown): Content {
  if (value !== undefined && value !== null) yield jsonOf(value)
}

/** The items of a list, or the one value that stands in the place of a list. */
function eachOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
