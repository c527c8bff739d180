import { Agent, request } from 'node:http'
import type { RunningGateway } from './targets/gateway-target.ts'

export const chatPath = '/v1/chat/completions'

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly text: string
  /** From the request to the first byte of the body, in milliseconds. */
  readonly firstByteMs: number
}

/** Makes one call after another, all over one connection. */
export class GatewayCaller {
  readonly #gateway: RunningGateway
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  #calls = 0

  constructor(gateway: RunningGateway) {
    this.#gateway = gateway
  }

  /** Users take turns. */
  call(body: string): Promise<Reply> {
    const { url, tokens, headers } = this.#gateway
    const token = tokens[this.#calls++ % tokens.length]
    const startedAt = performance.now()
    return new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        agent: this.#agent,
        headers: {
          ...headers,
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
        },
        timeout: 10_000,
      }
      const call = request(new URL(chatPath, url), options, (response) => {
        const chunks: Buffer[] = []
        let firstByteMs = Number.NaN
        response.on('data', (chunk: Buffer) => {
          if (chunks.length === 0) firstByteMs = performance.now() - startedAt
          chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode as number,
            contentType: response.headers['content-type'] ?? '',
            text: Buffer.concat(chunks).toString(),
            firstByteMs,
          }),
        )
      })
      call.on('error', reject)
      call.on('timeout', () => call.destroy(new Error(`POST ${chatPath} was not answered in 10 seconds.`)))
      call.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
