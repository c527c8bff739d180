import * as vscode from 'vscode'
import type { ChatMessage, ChatPart, ImagePart } from './chat-request.ts'

/** A message of the editor without its classes. What a chat completion cannot carry is left out. */
export function toChatMessage(message: vscode.LanguageModelChatRequestMessage): ChatMessage {
  const role = message.role === vscode.LanguageModelChatMessageRole.Assistant ? 'assistant' : 'user'
  return { role, name: message.name, parts: message.content.flatMap(toParts) }
}

function toParts(part: unknown): ChatPart[] {
  if (part instanceof vscode.LanguageModelTextPart) return [{ kind: 'text', text: part.value }]
  if (part instanceof vscode.LanguageModelToolCallPart) {
    return [{ kind: 'tool-call', id: part.callId, name: part.name, input: part.input }]
  }
  if (part instanceof vscode.LanguageModelToolResultPart) {
    const parts = part.content.flatMap(toResultParts)
    return [
      {
        kind: 'tool-result',
        id: part.callId,
        text: parts.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : [])).join('\n'),
        images: parts.flatMap((piece): ImagePart[] => (piece.kind === 'image' ? [piece] : [])),
      },
    ]
  }
  return toDataParts(part)
}

function toResultParts(part: unknown): ChatPart[] {
  if (part instanceof vscode.LanguageModelTextPart) return [{ kind: 'text', text: part.value }]
  const known = toDataParts(part)
  if (known.length > 0) return known
  // Prompt trees and whatever comes later: better shown to the model as data than lost.
  const value = (part as { value?: unknown } | null)?.value
  return value === undefined ? [] : [{ kind: 'text', text: JSON.stringify(value) }]
}

/** By its shape: the class is not in every editor that has language models. */
function toDataParts(part: unknown): ChatPart[] {
  const { mimeType, data } = (part ?? {}) as { mimeType?: unknown; data?: unknown }
  if (typeof mimeType !== 'string' || !(data instanceof Uint8Array)) return []
  if (mimeType.startsWith('image/')) return [{ kind: 'image', mimeType, bytes: data }]
  if (!mimeType.startsWith('text/') && !/^application\/(.*\+)?json$/.test(mimeType)) return []
  return [{ kind: 'text', text: new TextDecoder().decode(data) }]
}
