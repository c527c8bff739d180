import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createClient, startCodeSignIn } from '../src/index.ts'
import { caught } from './support/caught.ts'
import { answer, hangUp, refuse, type Script, startScriptedServer } from './support/scripted-server.ts'
import { fakeToken } from './support/tokens.ts'

const TOKEN = fakeToken('ada')
const CODE = '739154'
const SITUATIONS: [string, Script][] = [
  ['hangs up', hangUp],
  ['says nothing in time', () => {}],
  ['refuses', (_request, response) => refuse(response, 403, 'token_invalid')],
  [
    'refuses as OAuth does',
    (_request, response) => answer(response, { error: 'invalid_grant' }, { status: 400 }),
  ],
  ['answers a page', (_request, response) => answer(response, '<p>Hello</p>')],
  ['redirects', (_request, response) => answer(response, {}, { status: 302, headers: { location: '/' } })],
  ['breaks off', (_request, response) => void response.write('{', () => response.destroy())],
]

/** Whatever a log, a terminal or a bug report would show of an error. */
function everythingOf(error: unknown): string {
  const all = inspect(error, { depth: 10, showHidden: true })
  return `${all} ${JSON.stringify(error)} ${String(error)} ${(error as Error).stack}`
}

describe('no secret is in any error', () => {
  it.each(SITUATIONS)('of a server that %s', async (_name, script) => {
    const server = await startScriptedServer(script)
    const client = createClient({ serverUrl: server.url, token: TOKEN, maxRetries: 0, timeoutMs: 1_000 })
    const oauth = {
      issuer: server.url,
      authorization_endpoint: `${server.url}/oauth/authorize`,
      token_endpoint: `${server.url}/oauth/token`,
      device_authorization_endpoint: `${server.url}/oauth/device_authorization`,
    }
    const signIn = await startCodeSignIn(client, { server: oauth })
    const errors = await Promise.all([
      caught(client.keys.create({ name: 'x' })),
      caught(client.verify({ challengeId: 'challenge', code: CODE })),
      caught(signIn.redeemCode(CODE)),
    ])
    const { text } = server.requests.find(({ path }) => path === '/oauth/token') ?? {}
    const verifier = new URLSearchParams(text).get('code_verifier')
    expect(verifier).toMatch(/^[\w-]{43}$/)
    for (const error of errors) {
      expect(error).toMatchObject({ code: expect.any(String) })
      for (const secret of [TOKEN, CODE, verifier]) expect(everythingOf(error)).not.toContain(secret)
    }
    await server.close()
  })

  it.each([`${TOKEN}\nX: y`, `${TOKEN}\u{1F600}`, `${TOKEN} ü`])(
    'of a token that no header can carry, and nothing is sent',
    async (token) => {
      const server = await startScriptedServer((_request, response) => answer(response, {}))
      const client = createClient({ serverUrl: server.url, token })
      const error = await caught(client.me())
      expect(error).toMatchObject({ name: 'SignInRequiredError', code: 'token_invalid' })
      expect(everythingOf(error)).not.toContain(TOKEN)
      expect(server.requests).toEqual([])
      await server.close()
    },
  )
})
