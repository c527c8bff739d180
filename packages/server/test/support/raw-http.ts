import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { HttpApp } from '../../src/http/http-app.ts'

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawConnection {
  readonly socket: Socket
  send(...parts: (string | Buffer)[]): void
  /** The next answer, interim ones (1xx) included. `withoutBody` is for what answers HEAD. */
  read(options?: { withoutBody?: boolean }): Promise<RawAnswer>
  close(): void
}

/** Listens on a free port of this machine. */
export async function listen(app: HttpApp): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** A connection that sends bytes as they are: what no HTTP client would send. */
export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let received = Buffer.alloc(0)
  let ended = false
  let wake = () => {}
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    wake()
  })
  const onEnd = () => {
    ended = true
    wake()
  }
  socket.on('end', onEnd)
  socket.on('close', onEnd)
  // A refused sender may be cut off while it still sends; the answer has come before.
  socket.on('error', onEnd)

  return {
    socket,
    send(...parts) {
      for (const part of parts) socket.write(part)
    },
    async read({ withoutBody = false } = {}) {
      for (;;) {
        const parsed = parseAnswer(received, withoutBody)
        if (parsed !== null) {
          received = received.subarray(parsed.length)
          return parsed.answer
        }
        if (ended) throw new Error(`the connection ended after ${JSON.stringify(received.toString())}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    close: () => socket.destroy(),
  }
}

/** Sends one request on a connection of its own and reads its answer. */
export async function exchange(port: number, ...parts: (string | Buffer)[]): Promise<RawAnswer> {
  const connection = await openConnection(port)
  try {
    connection.send(...parts)
    return await connection.read()
  } finally {
    connection.close()
  }
}

function parseAnswer(bytes: Buffer, withoutBody: boolean): { answer: RawAnswer; length: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const bodyLength = withoutBody || status < 200 ? 0 : Number(headers['content-length'] ?? 0)
  const length = headEnd + 4 + bodyLength
  if (bytes.length < length) return null
  return { answer: { status, headers, body: bytes.toString('utf8', headEnd + 4, length) }, length }
}
