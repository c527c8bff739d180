import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient, NetworkError, type PromptmeterClient } from '../src/index.ts'
import { caught } from './support/caught.ts'
import { answer, type ScriptedServer, startScriptedServer } from './support/scripted-server.ts'

describe('what comes back', () => {
  let server: ScriptedServer
  let client: PromptmeterClient
  beforeEach(async () => {
    server = await startScriptedServer(() => {})
    client = createClient({ serverUrl: server.url, token: 'a-token', maxRetries: 0 })
  })
  afterEach(() => server.close())

  it('nothing within the time: a NetworkError that says so', async () => {
    const hasty = createClient({ serverUrl: server.url, timeoutMs: 1, maxRetries: 0 })
    const error = await caught(hasty.me())
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'timeout', status: undefined })
  })

  it('a body that takes too long is no answer either', async () => {
    server.script = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"email":')
    }
    const hasty = createClient({ serverUrl: server.url, timeoutMs: 200, maxRetries: 0 })
    expect(await caught(hasty.me())).toMatchObject({ name: 'NetworkError', code: 'timeout' })
  })

  it('a body that breaks off: a NetworkError', async () => {
    server.script = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"email":"ada@example.com"}', () => response.destroy())
    }
    const error = await caught(client.me())
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'network_error', status: undefined })
  })

  it('nobody there: a NetworkError with its cause', async () => {
    await server.close()
    const error = await caught(client.me())
    expect(error).toMatchObject({ code: 'network_error', cause: expect.any(Error) })
    server = await startScriptedServer(() => {})
  })

  it.each([200, 404, 502])('a page with %i: no answer of Promptmeter', async (status) => {
    server.script = (_request, response) => answer(response, '<h1>Welcome</h1>', { status })
    expect(await caught(client.me())).toMatchObject({ code: 'unexpected_answer', status })
  })

  it.each([{}, { error: 'nope' }, { message: 'Forbidden' }, null, 'text', []])(
    'a refusal that is not ours is not believed: %j',
    async (body) => {
      server.script = (_request, response) => answer(response, JSON.stringify(body), { status: 403 })
      expect(await caught(client.me())).toMatchObject({ name: 'PromptmeterError', code: 'unexpected_answer' })
    },
  )

  it.each([301, 302, 303, 307, 308])(
    'a redirect with %i is not followed, and the token stays here',
    async (status) => {
      const other = await startScriptedServer((_request, response) => answer(response, {}))
      server.script = (_request, response) =>
        answer(response, {}, { status, headers: { location: `${other.url}/api/me` } })
      for (const act of [() => client.me(), () => client.trackUsage({ usage: 1 })])
        expect(await caught(act())).toMatchObject({ code: 'unexpected_answer' })
      expect(other.requests).toEqual([])
      await other.close()
    },
  )

  it('nothing, where nothing was asked for', async () => {
    server.script = (_request, response) => void response.writeHead(204).end()
    expect(await client.keys.revoke('id')).toBeUndefined()
  })
})

describe('what is sent', () => {
  it('carries the token of this moment, JSON, and no cookie', async () => {
    const server = await startScriptedServer((_request, response) => answer(response, {}))
    const tokens = ['first', 'second']
    const client = createClient({ serverUrl: `${server.url}/`, token: async () => tokens.shift() })
    await client.trackUsage({ usage: 1 })
    await client.trackUsage({ usage: 1 })
    await client.me()
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
      undefined,
    ])
    expect(server.requests[0]).toMatchObject({
      path: '/trackUsage',
      headers: { 'content-type': 'application/json' },
    })
    await server.close()
  })

  it('of a sign-in carries no token', async () => {
    const server = await startScriptedServer((_request, response) =>
      answer(response, { sessionToken: 'new' }),
    )
    const client = createClient({ serverUrl: server.url, token: 'of-somebody-else' })
    await client.signUp('ada@example.com')
    await client.verify({ challengeId: 'c', code: '1' })
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
    await server.close()
  })

  it('goes below the path of the server', async () => {
    const server = await startScriptedServer((_request, response) => answer(response, {}))
    await createClient({ serverUrl: `${server.url}/meter/` }).me()
    expect(server.requests[0]?.path).toBe('/meter/api/me')
    await server.close()
  })

  it('goes through the fetch of the caller, called as a plain function', async () => {
    const seen: unknown[] = []
    const client = createClient({
      serverUrl: 'https://meter.example.com',
      async fetch(this: unknown, input) {
        seen.push(this, String(input))
        return Response.json({ email: 'ada@example.com' })
      },
    })
    expect(await client.me()).toEqual({ email: 'ada@example.com' })
    expect(seen).toEqual([undefined, 'https://meter.example.com/api/me'])
  })
})
