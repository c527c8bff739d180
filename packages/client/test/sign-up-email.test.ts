import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeIn, type MailServer, startMailServer } from '../../server/test/support/mail-server.ts'
import { startTestGateway, type TestGateway } from '../../server/test/support/test-gateway.ts'
import { createClient, type PromptmeterClient } from '../src/index.ts'
import { caught } from './support/caught.ts'
import { forwardTo, type ScriptedServer, startScriptedServer } from './support/scripted-server.ts'

describe('a sign-in by a mailed code', () => {
  let mails: MailServer
  let gateway: TestGateway
  let network: ScriptedServer
  let client: PromptmeterClient
  beforeAll(async () => {
    mails = await startMailServer()
    gateway = await startTestGateway('postgres', {
      environment: {
        SIGN_IN: 'email',
        REGISTRATION: 'open',
        PUBLIC_URL: 'https://meter.example.com',
        SMTP_URL: mails.url,
        MAIL_FROM: 'Promptmeter <no-reply@example.com>',
      },
    })
    network = await startScriptedServer(forwardTo(gateway.url))
    client = createClient({ serverUrl: network.url })
  })
  afterAll(async () => {
    await network.close()
    await gateway.close()
    await mails.close()
  })

  const begin = async (email: string) => {
    const result = await client.signUp(email)
    if (!('challengeId' in result)) throw new Error('no challenge')
    return { challengeId: result.challengeId, code: codeIn(await mails.next(email)) }
  }

  it('ends in a session of that address', async () => {
    const { sessionToken } = await client.verify(await begin('ada@example.com'))
    const signedIn = createClient({ serverUrl: gateway.url, token: sessionToken })
    expect(await signedIn.me()).toMatchObject({ email: 'ada@example.com' })
  })

  it('takes no wrong code, and spends a single one of the tries on it', async () => {
    const { challengeId, code } = await begin('wrong@example.com')
    const wrong = code === '000000' ? '000001' : '000000'
    const before = network.requests.length
    expect(await caught(client.verify({ challengeId, code: wrong }))).toMatchObject({
      name: 'PromptmeterError',
      code: 'code_invalid',
      status: 403,
    })
    expect(network.requests.length - before).toBe(1)
    expect(await client.verify({ challengeId, code })).toEqual({ sessionToken: expect.any(String) })
  })

  it('takes a code once', async () => {
    const challenge = await begin('once@example.com')
    await client.verify(challenge)
    expect(await caught(client.verify(challenge))).toMatchObject({ code: 'code_invalid' })
  })
})
