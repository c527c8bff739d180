import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A request as it came. */
export interface ScriptedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sent
  readonly body: any
}

export type Script = (request: ScriptedRequest, response: ServerResponse) => unknown

/** A server, or a network in front of one, that does what a test says. */
export interface ScriptedServer {
  readonly url: string
  /** Everything that reached it, in order. */
  readonly requests: readonly ScriptedRequest[]
  /** What it does from now on. */
  script: Script
  close(): Promise<void>
}

export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = []
  const server = createServer(async (incoming, response) => {
    response.on('error', () => {})
    const { method = '', url: path = '', headers } = incoming
    const sent = await text(incoming).catch(() => '')
    const request = { method, path, headers, text: sent, body: parse(sent) }
    requests.push(request)
    await scripted.script(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const scripted: ScriptedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return scripted
}

function parse(sent: string): unknown {
  try {
    return JSON.parse(sent)
  } catch {
    return null
  }
}

export function answer(
  response: ServerResponse,
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): void {
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers })
  response.end(isText ? body : JSON.stringify(body))
}

/** As the server refuses. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Record<string, string> = {},
): void {
  answer(response, { error: `Refused with ${code}.`, code }, { status, headers })
}

/** One script for each request, the last one for all that follow. */
export function inTurn(...scripts: [Script, ...Script[]]): Script {
  let next = 0
  return (request, response) => scripts[Math.min(next++, scripts.length - 1)]?.(request, response)
}

export const hangUp: Script = (_request, response) => void response.destroy()

/** Lets `url` work the request off, and passes on what it says. */
export const forwardTo =
  (url: string): Script =>
  async (request, response) => {
    const answered = await forward(url, request)
    response.writeHead(answered.status, {
      'content-type': answered.headers.get('content-type') ?? 'text/plain',
    })
    response.end(await answered.text())
  }

/** Lets `url` work the request off, then says nothing of it: the connection breaks. */
export const loseAnswerOf =
  (url: string): Script =>
  async (request, response) => {
    await (await forward(url, request)).text()
    response.destroy()
  }

function forward(url: string, { method, path, headers, text: body }: ScriptedRequest): Promise<Response> {
  const { host, connection, 'content-length': length, 'transfer-encoding': coding, ...passed } = headers
  return fetch(url + path, {
    method,
    headers: passed as Record<string, string>,
    ...(body !== '' && { body }),
  })
}
