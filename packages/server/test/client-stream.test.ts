import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyReply } from 'fastify'
import { expect, it } from 'vitest'
import { ClientStream } from '../src/gateway/client-stream.ts'

const BURSTS = 400

// A write that is not taken at once has to be waited for, and then be told of; else the client would be cut off as one
// that takes nothing. Which writes those are depends on how the pieces fill the buffers of the system.
it.each([
  [16_400, 400],
  [65_600, 400],
  [65_600, 65_600],
  [131_072, 1_000],
  [500_000, 100_000],
])('a client that keeps taking gets everything: bursts of %i bytes in pieces of %i', async (burst, size) => {
  const pieces = Array.from({ length: Math.ceil(burst / size) }, () => Buffer.alloc(size, 'x'))
  const { promise: written, resolve, reject } = Promise.withResolvers<void>()
  const server = createServer(async (_request, raw) => {
    const reply = { raw, hijack() {}, getHeaders: () => ({}) } as unknown as FastifyReply
    const client = new ClientStream(reply, 5_000)
    client.start(200, { 'content-type': 'text/plain' })
    try {
      for (let sent = 0; sent < BURSTS; sent++) await client.write(pieces)
      client.end([Buffer.from('end')])
      resolve()
    } catch (error) {
      reject(error)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  let bytes = 0
  const read = (async () => {
    for await (const chunk of answer) {
      bytes += chunk.length
      // Slower than it is written to, so that all buffers between fill up.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    }
  })()
  await Promise.all([written, read])
  expect(bytes).toBe(BURSTS * pieces.length * size + 'end'.length)
  server.close()
})
