import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { CHAT, CHAT_PATH, MODEL, STREAMED_CHAT, words } from './support/gateway-client.ts'
import {
  answerUsually,
  beginStream,
  chatAnswer,
  DONE,
  type Script,
  sendJson,
  UPSTREAM_KEY,
  usageChunk,
  word,
} from './support/scripted-upstream.ts'
import { readStoredRows } from './support/stored-rows.ts'
import { startTestGateway, type TestGateway } from './support/test-gateway.ts'

/** A key whose JSON is another text than itself. */
const ODD_KEY = 'sk-planted"operator\\key-0123456789'

const HEADERS = [
  'content-type',
  'openai-model',
  'openai-version',
  'openai-processing-ms',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-request-id',
  'set-cookie',
  'www-authenticate',
  'x-echo',
]

const REFUSALS_OF_THE_KEY = { 'in a refusal of the key': 401, 'in a forbidding': 403 }

/** How an upstream may repeat the Authorization header that it was sent. */
const ECHOES: Record<
  string,
  (echo: string, response: ServerResponse, call: Parameters<Script>[0]) => unknown
> = {
  'in a whole answer': (echo, response) => sendJson(response, { ...chatAnswer(), echo, [echo]: [echo] }),
  'in a text': (echo, response) => sendJson(response, chatAnswer(undefined, { content: `You are ${echo}!` })),
  'in a refusal': (echo, response) =>
    sendJson(response, { error: { message: `Bad: ${echo}`, param: echo, code: echo } }, { status: 429 }),
  'in a failure': (echo, response) =>
    response.writeHead(500, { 'content-type': 'text/html' }).end(`<pre>authorization: ${echo}</pre>`),
  'in a refusal of the key': (echo, response) =>
    sendJson(response, { error: { message: `Incorrect API key provided: ${echo}` } }, { status: 401 }),
  'in a forbidding': (echo, response) => sendJson(response, { error: { message: echo } }, { status: 403 }),
  'in a redirect': (echo, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:1/?key=${encodeURIComponent(echo)}` }).end(echo),
  'in garbage': (echo, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(echo),
  'in a chunk of a stream': (echo, response) => {
    beginStream(response)
    response.end(word(`You are ${echo}!`) + usageChunk() + DONE)
  },
  'in a chunk that comes byte by byte': async (echo, response) => {
    beginStream(response)
    for (const byte of Buffer.from(word(echo) + DONE))
      await new Promise((resolve) => response.write(Buffer.from([byte]), resolve))
    response.end()
  },
  'in a comment, a name and the rest of a stream': (echo, response) => {
    beginStream(response)
    response.end(`: ${echo}\n\nevent: ${echo}\ndata: 1\n\n${DONE}data: ${echo}\n\n: ${echo}`)
  },
  'in an error of a stream': (echo, response) => {
    beginStream(response)
    response.end(`${words('Hello')}data: ${JSON.stringify({ error: { message: echo } })}\n\n`)
  },
  'in an event that breaks off': (echo, response) => {
    beginStream(response)
    response.write(words('Hello') + word(echo).slice(0, -3), () => response.destroy())
  },
  'in its headers': (echo, response, call) => {
    // A header cannot hold every key; those that can stand there are the ones that leak.
    for (const name of HEADERS)
      response.setHeader(name, name === 'content-type' ? `application/json; x=${echo}` : echo)
    response.end(JSON.stringify(call.path.endsWith('models') ? { data: [] } : chatAnswer()))
  },
}

describe.each([
  ['embedded', 'a usual one', UPSTREAM_KEY],
  ['postgres', 'one with quotes and backslashes', ODD_KEY],
] as const)('the key of the upstream (%s, %s)', (engine, _name, key) => {
  it('is in no answer, header, log line, token, row, metric or document', async () => {
    const gateway = await startTestGateway(engine, {
      environment: { API_KEY: key, UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '200' },
    })
    try {
      await searchFor(key, gateway)
    } finally {
      await gateway.close()
    }
  })
})

async function searchFor(key: string, { server, upstream, url, signUp, me }: TestGateway): Promise<void> {
  const escaped = JSON.stringify(key).slice(1, -1)
  const forms = [key, escaped, Buffer.from(key).toString('base64'), encodeURIComponent(key)]
  const seen: [string, string][] = []
  const token = await signUp()
  const { apiKey } = await me(token)

  const ask = async (what: string, path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(url + path, { redirect: 'manual', headers, ...init })
    seen.push([`${what}: headers`, JSON.stringify([...answer.headers])])
    // A stream that breaks off has said what it has.
    seen.push([`${what}: body`, await answer.text()])
    return answer.status
  }
  const post = (what: string, path: string, body: unknown) =>
    ask(what, path, { method: 'POST', body: JSON.stringify(body) })

  const bodies: Record<string, object> = {
    [CHAT_PATH]: CHAT,
    '/v1/responses': { model: MODEL, input: 'Hello?', stream: true },
    '/v1/completions': { model: MODEL, prompt: 'Hello?' },
    '/v1/embeddings': { model: MODEL, input: 'Hello?' },
  }
  let echoed = 0
  for (const [where, echo] of Object.entries(ECHOES)) {
    upstream.script = (call, response) => {
      const { authorization } = call.headers
      expect(authorization).toBe(`Bearer ${key}`)
      echoed++
      return echo(authorization as string, response, call)
    }
    const statuses = new Set<number>()
    for (const [path, body] of Object.entries(bodies))
      statuses.add(await post(`${path} ${where}`, path, body))
    statuses.add(await post(`stream ${where}`, CHAT_PATH, STREAMED_CHAT))
    statuses.add(await ask(`models ${where}`, '/v1/models'))
    if (where in REFUSALS_OF_THE_KEY) expect(statuses).toEqual(new Set([502]))
  }
  expect(echoed).toBe(6 * Object.keys(ECHOES).length)
  // The operator is told loudly of each call that the key was refused for.
  const loud = server.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)
  for (const status of Object.values(REFUSALS_OF_THE_KEY)) {
    expect(loud.filter((line) => line.status === status)).toHaveLength(5)
    expect(loud.filter(({ err }) => err?.message.includes(`refuses API_KEY with ${status}`))).toHaveLength(1)
  }

  upstream.script = () => {}
  expect(await post('timeout', CHAT_PATH, CHAT)).toBe(504)
  upstream.script = (_call, response) => response.destroy()
  expect(await post('broken', CHAT_PATH, STREAMED_CHAT)).toBe(502)
  upstream.script = answerUsually

  for (const path of [
    '/metrics',
    '/openapi.json',
    '/docs',
    '/healthz',
    '/readyz',
    '/nope',
    '/v1/nope',
    '/api/me',
    '/api/me/usage',
  ])
    await ask(path, path)
  for (const path of ['/api/admin/users', '/api/admin/plans', '/api/admin/prices'])
    await ask(path, path, { headers: { authorization: 'Bearer test-admin-key' } })
  seen.push(['log', server.logLines.join('')])
  for (const [table, rows] of Object.entries(await readStoredRows(server.database)))
    seen.push([`table ${table}`, rows.join('\n')])
  seen.push(['token', token], ['API key', apiKey])
  for (const part of token.split('.')) seen.push(['token', Buffer.from(part, 'base64url').toString()])

  const leaks = seen.filter(([, text]) => forms.some((form) => text.includes(form)))
  expect(leaks).toEqual([])
  // Something was searched, and what was covered is still there.
  expect(seen.filter(([, text]) => text.includes('Bearer ****')).length).toBeGreaterThan(20)
}
