import type { Endpoint } from './endpoint.ts'
import { isObject, listOf, objectOf } from './json-value.ts'

/** What a whole answer delivered as text, reasoning and calls of tools included. '' where it is no such answer. */
export function textOfAnswer(endpoint: Endpoint, answer: unknown): string {
  const { choices, output } = objectOf(answer)
  switch (endpoint) {
    case 'chat':
      return listOf(choices)
        .map((choice) => textOfTurn(objectOf(choice).message))
        .join('')
    case 'completions':
      return textOfCompletion(choices)
    case 'responses':
      return listOf(output).map(textOfItem).join('')
    case 'embeddings':
      return ''
  }
}

/**
 * What one parsed `data:` of a stream delivered. Joined, these are the text of the answer, but for the names of a
 * response's tools, which come in no delta.
 */
export function textOfEvent(endpoint: Endpoint, event: unknown): string {
  const { choices, type, delta } = objectOf(event)
  switch (endpoint) {
    case 'chat':
      return listOf(choices)
        .map((choice) => textOfTurn(objectOf(choice).delta))
        .join('')
    case 'completions':
      return textOfCompletion(choices)
    case 'responses':
      return isTextDelta(type) ? textOf(delta) : ''
    case 'embeddings':
      return ''
  }
}

/** The `.done` events repeat what their `.delta`s said, and the delta of `response.audio.delta` is base64. */
function isTextDelta(type: unknown): boolean {
  return typeof type === 'string' && type.endsWith('.delta') && !type.endsWith('audio.delta')
}

function textOfCompletion(choices: unknown): string {
  return listOf(choices)
    .map((choice) => textOf(objectOf(choice).text))
    .join('')
}

/** A chat's `message` or `delta`. */
function textOfTurn(turn: unknown): string {
  const { reasoning_content, reasoning, content, refusal, tool_calls, function_call } = objectOf(turn)
  const calls = listOf(tool_calls).map((call) => objectOf(call).function ?? objectOf(call).custom)
  return [
    textOf(reasoning_content),
    textOf(reasoning),
    textOf(content),
    textOf(refusal),
    ...[...calls, function_call].map(textOfCall),
  ].join('')
}

/** An item of a response's `output`. */
function textOfItem(item: unknown): string {
  const { type, summary, content } = objectOf(item)
  const isCall = type === 'function_call' || type === 'custom_tool_call'
  return isCall ? textOfCall(item) : textOf(summary) + textOf(content)
}

function textOfCall(call: unknown): string {
  const { name, arguments: args, input } = objectOf(call)
  return [name, args, input].filter((text) => typeof text === 'string').join('')
}

/** A string, or the texts and refusals of a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .filter(isObject)
    .flatMap(({ text, refusal }) => [text, refusal])
    .filter((text) => typeof text === 'string')
    .join('')
}
