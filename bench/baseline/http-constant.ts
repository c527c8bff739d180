/** `node:http` answering a constant: the most this machine, this Node and this load generator allow. Started with PORT. */
import { createServer } from 'node:http'

const { PORT } = process.env
if (!PORT) throw new Error('PORT must be set.')

const body = JSON.stringify({
  message: 'Usage tracked successfully',
  currentPromptCount: 12,
  currentTokenCount: 3456,
  threshold: 10,
})
const headers = {
  'Content-Type': 'application/json; charset=utf-8',
  'Content-Length': Buffer.byteLength(body),
}

const server = createServer((request, response) => {
  // The request's body is left to Node to discard, so that the connection can be used again.
  request.resume()
  response.writeHead(200, headers).end(body)
}).listen(Number(PORT), '127.0.0.1')

process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
