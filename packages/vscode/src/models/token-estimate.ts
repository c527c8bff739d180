import { estimateTokenCount } from 'tokenx'
import type { ChatPart } from './chat-request.ts'

/** What OpenAI's models add to each message, in tokens. */
const MESSAGE_TOKENS = 4

/** A picture of middle size at OpenAI's "high" detail, in tokens. */
const IMAGE_TOKENS = 765

/**
 * About how many tokens a text or a message has. An estimate: what is charged the provider counts. The editor asks often, and
 * an exact tokenizer weighs megabytes.
 */
export function estimateTokens(content: string | readonly ChatPart[]): number {
  if (typeof content === 'string') return estimateTokenCount(content)
  return content.reduce((tokens, part) => tokens + partTokens(part), MESSAGE_TOKENS)
}

function partTokens(part: ChatPart): number {
  switch (part.kind) {
    case 'text':
      return estimateTokenCount(part.text)
    case 'image':
      return IMAGE_TOKENS
    case 'tool-call':
      return estimateTokenCount(part.name) + estimateTokenCount(JSON.stringify(part.input))
    case 'tool-result':
      return estimateTokenCount(part.text) + part.images.length * IMAGE_TOKENS
  }
}
