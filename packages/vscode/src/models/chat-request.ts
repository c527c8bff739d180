/** A part of a message, as the editor has it, without the editor's classes. */
export type ChatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly mimeType: string; readonly bytes: Uint8Array }
  | { readonly kind: 'tool-call'; readonly id: string; readonly name: string; readonly input: object }
  | {
      readonly kind: 'tool-result'
      readonly id: string
      readonly text: string
      readonly images: readonly ImagePart[]
    }

export type ImagePart = Extract<ChatPart, { kind: 'image' }>

export interface ChatMessage {
  readonly role: 'user' | 'assistant'
  readonly name: string | undefined
  readonly parts: readonly ChatPart[]
}

export interface ChatTool {
  readonly name: string
  readonly description: string
  readonly inputSchema?: object | undefined
}

export interface ChatOptions {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[] | undefined
  readonly toolRequired?: boolean
  /** Fields of OpenAI's that the caller sets, such as `temperature`. */
  readonly modelOptions?: Readonly<Record<string, unknown>> | undefined
}

/** The body of OpenAI's `POST /v1/chat/completions`, streamed. */
export function toChatRequest(options: ChatOptions): Record<string, unknown> {
  const { model, messages, tools = [], toolRequired = false, modelOptions = {} } = options
  return {
    ...modelOptions,
    model,
    messages: messages.flatMap(toOpenAIMessages),
    ...(tools.length > 0 && {
      tools: tools.map(toOpenAITool),
      tool_choice: toolRequired ? 'required' : 'auto',
    }),
    stream: true,
  }
}

function toOpenAITool({ name, description, inputSchema }: ChatTool) {
  return {
    type: 'function',
    function: { name, description, parameters: inputSchema ?? { type: 'object', properties: {} } },
  }
}

/** One message of the editor may answer several tools and say something besides: OpenAI wants a message for each. */
function toOpenAIMessages({ role, name, parts }: ChatMessage): object[] {
  const named = name === undefined ? {} : { name }
  if (role === 'assistant') {
    const calls = parts.flatMap((part) => (part.kind === 'tool-call' ? [toToolCall(part)] : []))
    const text = textOf(parts)
    if (calls.length === 0 && text === '') return []
    return [
      { role, ...named, content: text === '' ? null : text, ...(calls.length > 0 && { tool_calls: calls }) },
    ]
  }
  const results = parts.flatMap((part) => (part.kind === 'tool-result' ? [part] : []))
  const own = parts.filter(({ kind }) => kind === 'text' || kind === 'image')
  // The message of a tool is text alone; its pictures follow as the user's.
  const pictures = results.flatMap(({ images }) => images)
  const content = [...pictures, ...own]
  return [
    ...results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text })),
    ...(content.length > 0 ? [{ role, ...named, content: toContent(content) }] : []),
  ]
}

function toToolCall({ id, name, input }: Extract<ChatPart, { kind: 'tool-call' }>) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } }
}

function toContent(parts: readonly ChatPart[]): string | object[] {
  if (parts.every(({ kind }) => kind === 'text')) return textOf(parts)
  return parts.flatMap((part): object[] => {
    if (part.kind === 'text') return [{ type: 'text', text: part.text }]
    if (part.kind !== 'image') return []
    const url = `data:${part.mimeType};base64,${base64(part.bytes)}`
    return [{ type: 'image_url', image_url: { url } }]
  })
}

export function textOf(parts: readonly ChatPart[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

/** In pieces: a picture is more than one call can take as arguments. */
function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += 32_768) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 32_768))
  }
  return btoa(binary)
}
