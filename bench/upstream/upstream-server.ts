/**
 * The upstream of the gateway benchmark: `node:http` answering POST /v1/chat/completions with one canned answer, as JSON or as
 * a stream of events. Started with PORT, UPSTREAM_KEY (the one bearer token it accepts) and STREAM_WRITES (in how many writes to
 * the socket a stream is sent; the first holds its first event only).
 */
import { createServer, type ServerResponse } from 'node:http'
import { completion, endOfStream, pauseMs, slowManner, streamedEvents } from './chat-completion.ts'

const { PORT, UPSTREAM_KEY, STREAM_WRITES } = process.env
if (!PORT || !UPSTREAM_KEY || !STREAM_WRITES)
  throw new Error('PORT, UPSTREAM_KEY and STREAM_WRITES must be set.')

const authorization = `Bearer ${UPSTREAM_KEY}`
const body = JSON.stringify(completion)
const jsonHeaders = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
const streamHeaders = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' }
const streamWrites = Number(STREAM_WRITES)
const streams = { plain: writesOfStream(false), withUsage: writesOfStream(true) }

function writesOfStream(includeUsage: boolean): string[] {
  const events = streamedEvents(includeUsage).map((event) => `data: ${JSON.stringify(event)}\n\n`)
  const [first = '', ...rest] = [...events, `data: ${endOfStream}\n\n`]
  const later = Math.min(streamWrites - 1, rest.length)
  const writes = Array.from({ length: later }, (_, index) =>
    rest.slice((rest.length * index) / later, (rest.length * (index + 1)) / later).join(''),
  )
  return [first, ...writes]
}

const server = createServer((request, response) => {
  let question = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    question += chunk
  })
  request.on('end', () => {
    if (request.url !== '/v1/chat/completions') response.writeHead(404).end()
    else if (request.headers.authorization !== authorization) response.writeHead(401).end()
    else if (question.includes('"stream":true')) answerStream(question, response)
    else response.writeHead(200, jsonHeaders).end(body)
  })
})

function answerStream(question: string, response: ServerResponse): void {
  const writes = question.includes('"include_usage":true') ? streams.withUsage : streams.plain
  const slow = question.includes(`Answer ${slowManner}`)
  response.writeHead(200, streamHeaders)
  const send = (index: number): void => {
    const write = writes[index] as string
    if (index === writes.length - 1) {
      response.end(write)
      return
    }
    response.write(write)
    // In a later turn of the event loop, or Node would join the writes into one.
    if (slow && index === 0) setTimeout(send, pauseMs, 1)
    else setImmediate(send, index + 1)
  }
  send(0)
}

// Longer than any pause of the benchmark: no gateway may find a connection of its pool closed.
server.keepAliveTimeout = 120_000
server.listen(Number(PORT), '127.0.0.1')

process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
