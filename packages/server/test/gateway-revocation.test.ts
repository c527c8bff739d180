import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { admin } from './support/admin-requests.ts'
import {
  ask,
  CHAT,
  CHAT_TOKENS,
  lastError,
  MODEL,
  ROLE,
  STREAMED_CHAT,
  tokensOf,
  words,
} from './support/gateway-client.ts'
import { type GatewayReplicas, startGatewayReplicas } from './support/gateway-replicas.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { beginStream, DONE } from './support/scripted-upstream.ts'
import { MESSAGES, until } from './support/test-gateway.ts'

describe('whoever is signed out or disabled', () => {
  let replicas: GatewayReplicas
  beforeAll(async () => {
    replicas = await startGatewayReplicas('postgres', 2, { HOLD_LIFETIME_MS: '1000' })
  })
  afterAll(() => replicas.close())

  interface Someone {
    readonly token: string
    readonly apiKey: string
    readonly id: string
    readonly sessionId: string
  }

  async function signUp(): Promise<Someone> {
    const token = await replicas.at(0).signUp()
    const { id, apiKey } = await replicas.at(0).me(token)
    const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return { token, apiKey, id, sessionId: sid }
  }

  // Asked of the first replica; the calls are made on the last.
  const ask0 = (method: 'DELETE' | 'PATCH', path: string, body?: object) =>
    admin(replicas.at(0).server, method, path, body)
  const ends: [string, string, (user: Someone) => Promise<unknown>][] = [
    [
      'their session is revoked',
      'token_invalid',
      ({ id, sessionId }) => ask0('DELETE', `/${id}/sessions/${sessionId}`),
    ],
    ['all their sessions are revoked', 'token_invalid', ({ id }) => ask0('DELETE', `/${id}/sessions`)],
    ['they are disabled', 'user_disabled', ({ id }) => ask0('PATCH', `/${id}`, { disabled: true })],
    ['they are deleted', 'user_not_found', ({ id }) => ask0('DELETE', `/${id}`)],
  ]

  it.each(ends)('is refused by the very next call on another replica, once %s', async (_name, code, end) => {
    const user = await signUp()
    const { url } = replicas.at(1)
    for (const credential of [user.token, user.apiKey])
      expect(await ask(url, credential, { body: CHAT }).status()).toBe(200)
    const before = replicas.upstream.calls.length
    await end(user)
    for (const credential of [user.token, user.apiKey]) {
      for (const body of [CHAT, STREAMED_CHAT])
        expect(JSON.parse(await ask(url, credential, { body }).text())).toMatchObject({ error: { code } })
      const models = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${credential}` } })
      expect(await models.json()).toMatchObject({ error: { code } })
    }
    expect(replicas.upstream.calls.length).toBe(before)
  })

  it.each(ends)(
    'has a stream ended at its next renewal, and what came charged, once %s',
    async (_name, code, end) => {
      const user = await signUp()
      const { url, events } = replicas.at(1)
      const taken = replicas.upstream.takeCall()
      const asked = ask(url, user.token)
      const { call, response } = await taken
      beginStream(response)
      response.write(ROLE + words('Hello', ' there'))
      await asked.until(' there')
      await end(user)
      await call.aborted
      expect(lastError(await asked.text())).toMatchObject({ code })
      const { database } = replicas.at(0).server
      expect(await findContradictions(database)).toEqual([])
      if (code === 'user_not_found') return
      await ask0('PATCH', `/${user.id}`, { disabled: false })
      const again = await replicas
        .at(0)
        .server.services.sessions.start(await replicas.at(0).server.services.users.getById(user.id), {
          method: 'email',
          clientName: null,
        })
      const output = tokensOf('Hello there')
      expect(await events(again.sessionToken)).toMatchObject([
        { input: CHAT_TOKENS, output, estimated: true },
      ])
      expect(await replicas.at(0).holds(again.sessionToken)).toBe(0)
    },
  )

  it('has a call ended before any output, free of charge, and the official client told', async () => {
    const user = await signUp()
    const taken = replicas.upstream.takeCall()
    const answered = replicas
      .at(1)
      .openai(user.token)
      .chat.completions.create({ model: MODEL, messages: MESSAGES })
      .catch((error) => error)
    const { call } = await taken
    await ask0('PATCH', `/${user.id}`, { disabled: true })
    await call.aborted
    const error = await answered
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError)
    expect(error).toMatchObject({ code: 'user_disabled' })
    await ask0('PATCH', `/${user.id}`, { disabled: false })
    expect(await replicas.at(0).events(user.token)).toEqual([])
    expect(await replicas.at(0).holds(user.token)).toBe(0)
  })

  it('keeps its hold all along a stream that is longer than a hold lives', async () => {
    const { server, url, signUp, holds, events } = replicas.at(0)
    const token = await signUp({ threshold: 1 })
    const taken = replicas.upstream.takeCall()
    const asked = ask(url, token)
    const { response } = await taken
    beginStream(response)
    response.write(words('Hello'))
    await asked.until('Hello')
    const outlived = `select from holds where expires_at > created_at + interval '2 seconds'`
    await until(
      async () => (await server.database.query({ name: 'outlived', text: outlived }, [])).length === 1,
      'the hold was renewed again and again',
    )
    // It still refuses what does not fit beside it.
    expect(await ask(url, token).status()).toBe(429)
    response.end(words(' there') + DONE)
    expect(await asked.text()).toContain('[DONE]')
    expect([await holds(token), await events(token)]).toMatchObject([
      0,
      [{ output: tokensOf('Hello there') }],
    ])
  })
})
