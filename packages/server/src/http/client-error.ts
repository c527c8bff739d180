import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '@promptmeter/contract'
import { statusOf } from './error-handler.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

const PROBLEMS: Record<string, [ErrorCode, string]> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request took too long to arrive.'],
}

const HEADER_LINES = Object.entries({
  ...SECURITY_HEADERS,
  'Content-Type': 'application/json; charset=utf-8',
  Connection: 'close',
})
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** How long a caller who still sends may go on before the connection is cut. */
const LINGER_MS = 2_000

/** Answers what is no HTTP at all, or too slow or large for the parser, in the shape of every other refusal. */
export function handleClientError(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writableEnded) return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // What an earlier request on this connection did must not be answered with the failure of the next one.
  const { _httpMessage: pending } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (pending?.req.complete) {
    pending.shouldKeepAlive = false
    pending.once('close', () => socket.destroySoon())
    return
  }
  const [code, message] = PROBLEMS[error.code ?? ''] ?? ['invalid_request', 'The request cannot be read.']
  const status = statusOf(code)
  const body = JSON.stringify({ error: message, code })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${HEADER_LINES}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  // Cutting it off at once would reset the connection, and the answer could be lost on its way.
  const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(linger))
}
