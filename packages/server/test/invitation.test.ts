import { describe, expect, it, onTestFinished } from 'vitest'
import { admin, askAdmin } from './support/admin-requests.ts'
import { EMAIL_SETTINGS, ORIGIN } from './support/editor.ts'
import { startMailServer } from './support/mail-server.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

async function start(environment: Record<string, string> = {}): Promise<TestApp> {
  const server = await startTestApp('embedded', { environment })
  onTestFinished(() => server.close())
  return server
}

const invite = (server: TestApp, email: string, body: object = {}) =>
  admin(server, 'POST', '', { email, invite: true, ...body })

describe('an invitation', () => {
  it('says where to sign in, and carries nothing that lets anybody in', async () => {
    const mails = await startMailServer()
    onTestFinished(() => mails.close())
    const server = await start({
      ...EMAIL_SETTINGS,
      SMTP_URL: mails.url,
      MAIL_FROM: 'no-reply@meter.example',
      APP_NAME: 'Ink & Co',
    })
    const answer = await invite(server, ' New@Example.com ')
    expect(answer.statusCode).toBe(201)
    const mail = await mails.next('new@example.com')
    expect(mail.subject).toBe('Ink & Co: you have been invited')
    expect(mail.text).toContain(`\n${ORIGIN}\n`)
    expect(mail.html).toContain('at Ink &amp; Co.')
    for (const part of [String(mail.text), String(mail.html)]) {
      // One link, and nothing in it but the place.
      expect(new Set(part.match(/https?:[^\s"<]+/g))).toEqual(new Set([ORIGIN]))
      expect(part).not.toContain(answer.json().id)
      expect(part).not.toMatch(/\d{6}/)
    }
    const { events } = (await askAdmin(server, 'GET', '/audit?action=user_added')).json()
    expect(events[0]).toMatchObject({ user: { id: answer.json().id }, details: { invited: true } })
    expect(server.logLines.join('')).not.toContain('new@example.com')
  })

  it('is printed in one line where no mail is sent, and only for whom it was asked', async () => {
    const server = await start(EMAIL_SETTINGS)
    expect((await invite(server, 'printed@example.com')).statusCode).toBe(201)
    expect((await invite(server, 'quiet@example.com', { invite: false })).statusCode).toBe(201)
    expect((await admin(server, 'POST', '', { email: 'bare@example.com' })).statusCode).toBe(201)
    expect(server.printed).toEqual([`Invitation for printed@example.com: sign in at ${ORIGIN}`])
  })

  it('names the address the server listens on where there is no PUBLIC_URL', async () => {
    const server = await start({ SIGN_IN: 'email', PORT: '3999' })
    await server.app.listen({ port: 0, host: '127.0.0.1' })
    await invite(server, 'here@example.com')
    const { port } = server.app.server.address() as { port: number }
    expect(server.printed).toEqual([`Invitation for here@example.com: sign in at http://127.0.0.1:${port}`])
  })

  it('is refused before anybody is added where the server has no mail', async () => {
    const server = await start()
    const answer = await invite(server, 'nobody@example.com')
    expect(answer.statusCode).toBe(409)
    expect(answer.json()).toMatchObject({ code: 'mail_not_configured' })
    expect((await admin(server, 'GET', '?email=nobody@example.com')).json().users).toEqual([])
    expect((await invite(server, 'nobody@example.com', { invite: false })).statusCode).toBe(201)
  })

  it('goes to nobody who was there before, and not where the user cannot be added', async () => {
    const server = await start(EMAIL_SETTINGS)
    await admin(server, 'POST', '', { email: 'there@example.com' })
    expect((await invite(server, 'there@example.com')).statusCode).toBe(409)
    expect((await invite(server, 'other@example.com', { plan: 'nowhere' })).statusCode).toBe(404)
    expect((await invite(server, 'no address')).statusCode).toBe(400)
    expect(server.printed).toEqual([])
  })
})
