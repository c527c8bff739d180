import type { AddressInfo } from 'node:net'
import type { LoopbackServer } from './platform.ts'

const PATH = '/signed-in'

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Back to your editor</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<body style="font: 1rem/1.5 system-ui; max-width: 30rem; margin: 20vh auto; padding: 0 1rem">
<h1>Back to your editor</h1><p>It has what it needs. You can close this page.</p>`

/**
 * Waits on a free port of 127.0.0.1 for the browser to come back (RFC 8252, 7.3). Whatever else is asked of it gets 404; what
 * came is checked by whoever waits for it.
 */
export async function startLoopbackServer(): Promise<LoopbackServer> {
  // Loaded here: an extension that signs in otherwise, or not today, need not.
  const { createServer } = await import('node:http')
  let arrived = (_query: URLSearchParams) => {}
  const answer = new Promise<URLSearchParams>((resolve) => {
    arrived = resolve
  })
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const isAnswer = request.method === 'GET' && pathname === PATH && searchParams.has('state')
    response.writeHead(isAnswer ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    response.end(isAnswer ? PAGE : 'Not found.')
    if (isAnswer) arrived(searchParams)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { redirectUri: `http://127.0.0.1:${port}${PATH}`, answer, close: () => void server.close() }
}
