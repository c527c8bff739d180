import type { AddressInfo } from 'node:net'
import type { AnswerInbox } from '../core/answer-inbox.ts'
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
export async function startLoopbackServer(inbox: AnswerInbox): Promise<LoopbackServer> {
  // Loaded here: an extension that signs in otherwise, or not today, need not.
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    const [path, query] = (request.url ?? '').split('?', 2)
    const answer = new URLSearchParams(query)
    const isAnswer = request.method === 'GET' && path === PATH && answer.has('state')
    response.writeHead(isAnswer ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    response.end(isAnswer ? PAGE : 'Not found.')
    if (isAnswer) inbox.put(answer)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { redirectUri: `http://127.0.0.1:${port}${PATH}`, close: () => void server.close() }
}
