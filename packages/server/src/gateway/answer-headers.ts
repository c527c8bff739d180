import type { Redactor } from './content-redactor.ts'
import type { UpstreamAnswer } from './upstream.ts'

/**
 * What of an upstream's headers goes on to the client. A list of those that may: cookies, the operator's organisation
 * and the limits of the operator's account stay here, and so does whatever nobody has thought of.
 */
const PASSED_ON = [
  'content-type',
  'openai-model',
  'openai-processing-ms',
  'openai-version',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
] as const

export function passedHeaders({ headers }: UpstreamAnswer, redactor: Redactor): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = headers[name]
    if (typeof value === 'string') passed[name] = redactor.redactText(value)
  }
  const id = headers['x-request-id']
  if (typeof id === 'string') passed['x-upstream-request-id'] = redactor.redactText(id)
  return passed
}

/** What of a client's headers goes up. Its credential never does, nor what would choose the operator's account. */
export function headersToSend(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const sent: Record<string, string> = {
    'accept-encoding': 'identity',
    // Without the client's charset: by another one the same bytes might read as another request.
    'content-type': 'application/json',
  }
  for (const name of ['accept', 'openai-beta', 'user-agent']) {
    const value = headers[name]
    if (typeof value === 'string') sent[name] = value
  }
  return sent
}

export function isEventStream({ headers }: UpstreamAnswer): boolean {
  return /^text\/event-stream\b/i.test(String(headers['content-type'] ?? ''))
}

/** False for an answer that is compressed though nobody asked for it: we could neither read nor watch it. */
export function isPlain({ headers }: UpstreamAnswer): boolean {
  const encoding = headers['content-encoding'] ?? 'identity'
  return encoding === 'identity' || encoding === ''
}

/** True when only the end of the connection tells where the body ends (RFC 9112, 6.3). */
export function endsByClosing({ headers }: UpstreamAnswer): boolean {
  const marked = headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined
  return !marked && headers.connection === 'close'
}
