import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createMailer, type Mail, type MailerOptions } from '../src/mail/mailer.ts'
import { signInMail } from '../src/mail/sign-in-mail.ts'
import { readSmtpUrl } from '../src/mail/smtp-options.ts'
import { LOGGER_OPTIONS } from '../src/telemetry/logger.ts'
import { codeIn, type MailServer, type MailServerOptions, startMailServer } from './support/mail-server.ts'
import { createTestCertificates } from './support/test-certificate.ts'

const TO = 'canary-address@example.com'
const CODE = '480911'
const PASSWORD = 'canary%password/1'

const mail: Mail = signInMail({
  appName: 'Promptmeter',
  to: TO,
  code: CODE,
  minutes: 10,
  origin: { ip: '203.0.113.7', clientName: 'VS Code' },
})

let logLines: string[]
beforeEach(() => {
  logLines = []
})
afterEach(() => {
  // Whatever happened: none of this may ever be in a log.
  const log = logLines.join('')
  for (const secret of ['canary', CODE, 'password']) expect(log).not.toContain(secret)
})

async function startServer(options: MailServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer(options)
  onTestFinished(() => server.close())
  return server
}

function mailerFor(smtpUrl: string | null, options: MailerOptions = {}, print = (_line: string) => {}) {
  const logger = pino(
    { ...LOGGER_OPTIONS, level: 'info' },
    { write: (line: string) => void logLines.push(line) },
  )
  const from = 'Promptmeter, Inc. <no-reply@meter.example>'
  const mailer = createMailer({ smtpUrl, from }, logger, print, {
    retryDelaysMs: [20, 20, 20, 20],
    ...options,
  })
  onTestFinished(() => mailer.close(0))
  return mailer
}

const logged = () => logLines.map((line) => JSON.parse(line))
const failures = () => logged().filter(({ msg }) => msg === 'a mail could not be sent')
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 20_000 }).toBe(true)

describe('a mail that is sent', () => {
  it('carries text and HTML from the address of the settings, and says that a machine wrote it', async () => {
    const server = await startServer()
    mailerFor(server.url).send(mail)
    const { from, to, subject, text, html, headers, messageId, attachments } = await server.next(TO)

    expect(from?.value).toEqual([{ name: 'Promptmeter, Inc.', address: 'no-reply@meter.example' }])
    expect(to).toMatchObject({ value: [{ name: '', address: TO }] })
    expect(subject).toBe(mail.subject)
    expect(text?.trim()).toBe(mail.text.trim())
    expect(html).toBe(mail.html)
    expect(headers.get('auto-submitted')).toBe('auto-generated')
    expect(messageId).toMatch(/^<[0-9a-f-]{36}@meter\.example>$/)
    expect(attachments).toEqual([])
    expect([...headers.keys()].sort()).toEqual(
      [
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
      ].sort(),
    )
  })

  it('reaches nobody else, whatever stands in its address, and gets no header from its subject', async () => {
    const server = await startServer()
    const mailer = mailerFor(server.url)
    for (const to of [
      `${TO}, other@example.com`,
      `${TO}\r\nBcc: other@example.com`,
      `${TO}>\r\nRCPT TO:<o@x.y`,
    ]) {
      mailer.send({ ...mail, to })
    }
    mailer.send({ ...mail, subject: 'One\r\nBcc: other@example.com\r\n\r\nTwo' })
    const { subject, headers } = await server.next(TO)
    expect(subject).toContain('Bcc: other@example.com')
    expect(headers.has('bcc')).toBe(false)
    expect(server.recipients).toEqual([TO])
    expect(logged().map(({ msg }) => msg)).toEqual(Array(3).fill('a mail was dropped: its address is none'))
  })

  it('is not waited for by the caller, and more than five connections are never open', async () => {
    const server = await startServer({ delayMs: 30 })
    const mailer = mailerFor(server.url)
    for (let index = 0; index < 40; index++) expect(mailer.send(mail)).toBeUndefined()
    expect(server.recipients).toEqual([])
    await mailer.close(20_000)
    expect(server.mails).toHaveLength(40)
    expect(server.mostConnections).toBeLessThanOrEqual(5)
    expect(server.mostConnections).toBeGreaterThan(1)
  })

  it('is dropped, with a line in the log, when too many wait already', async () => {
    const server = await startServer({ delayMs: 30 })
    const mailer = mailerFor(server.url, { maxMails: 3 })
    for (let index = 0; index < 5; index++) mailer.send(mail)
    await mailer.close(20_000)
    expect(server.mails).toHaveLength(3)
    expect(logged().filter(({ msg }) => msg.includes('too many wait'))).toHaveLength(2)
  })
})

describe('a mail that fails', () => {
  it.each([421, 451, 452])(
    'is tried again after %s, as the same message, until it is taken',
    async (code) => {
      const answers = [code, code]
      const server = await startServer({
        onRecipient(address) {
          const answer = answers.shift()
          return answer === undefined ? null : { code: answer, text: `canary later, ${address}` }
        },
      })
      const mailer = mailerFor(server.url)
      mailer.send(mail)
      expect(codeIn(await server.next(TO))).toBe(CODE)
      await mailer.close(5_000)
      expect(server.mails).toHaveLength(1)
      expect(logged().map(({ msg, responseCode, tries }) => [msg, responseCode, tries])).toEqual([
        ['a mail could not be sent; it is tried again', code, 1],
        ['a mail could not be sent; it is tried again', code, 2],
      ])
    },
  )

  it('goes out once a dead server is back', async () => {
    const dead = await startMailServer()
    await dead.close()
    const mailer = mailerFor(dead.url, { retryDelaysMs: Array(200).fill(50) })
    mailer.send(mail)
    await until(() => logLines.length >= 2)
    const server = await startServer({ port: dead.port })
    expect(codeIn(await server.next(TO))).toBe(CODE)
  })

  it('is given up after the last delay', async () => {
    const server = await startServer({ onRecipient: () => ({ code: 450, text: 'canary' }) })
    const mailer = mailerFor(server.url, { retryDelaysMs: [5, 5] })
    mailer.send(mail)
    await until(() => failures().length === 1)
    expect(server.recipients).toHaveLength(3)
    expect(failures()).toMatchObject([{ level: 50, code: 'EENVELOPE', responseCode: 450, tries: 3 }])
  })

  it.each([550, 554])('is not tried again after %s', async (code) => {
    const server = await startServer({ onRecipient: (address) => ({ code, text: `canary ${address}` }) })
    const mailer = mailerFor(server.url)
    mailer.send(mail)
    await until(() => failures().length === 1)
    await mailer.close(1_000)
    expect(server.recipients).toEqual([TO])
    expect(failures()).toMatchObject([{ responseCode: code, tries: 1 }])
  })

  it('for its own reasons leaves the others alone', async () => {
    const server = await startServer({
      onRecipient: (address) => (address === 'bad@example.com' ? { code: 550, text: 'no' } : null),
    })
    const mailer = mailerFor(server.url)
    mailer.send({ ...mail, to: 'bad@example.com' })
    mailer.send(mail)
    await server.next(TO)
    await mailer.close(5_000)
    expect(server.mails).toHaveLength(1)
  })
})

describe('the way to the mail server', () => {
  it('is signed in to with the credentials of the URL, and tells nobody of them when they are refused', async () => {
    const server = await startServer({ login: { user: 'canary-user', pass: PASSWORD } })
    mailerFor(server.url).send(mail)
    await server.next(TO)
    mailerFor(server.url.replace('1@', '2@')).send(mail)
    await until(() => failures().length === 1)
    expect(failures()).toMatchObject([{ code: 'EAUTH', responseCode: 535, tries: 1 }])
  })

  it('must be TLS where it leaves this machine, unless the URL says otherwise', () => {
    const ofUrl = (url: string) => readSmtpUrl(url).options
    for (const host of ['smtp.example.com', '192.0.2.1', '[2001:db8::1]', 'localhost.example.com']) {
      expect(ofUrl(`smtp://${host}:587`)).toMatchObject({ secure: false, requireTLS: true, ignoreTLS: false })
    }
    expect(ofUrl('smtp://smtp.example.com?requireTLS=false')).toMatchObject({
      requireTLS: false,
      ignoreTLS: false,
    })
    expect(ofUrl('smtp://smtp.example.com?requireTLS=')).toMatchObject({ requireTLS: true })
    expect(ofUrl('smtps://smtp.example.com')).toMatchObject({ secure: true, requireTLS: false })
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(ofUrl(`smtp://${host}:25`)).toMatchObject({ requireTLS: false, ignoreTLS: true })
      expect(ofUrl(`smtp://${host}:25?requireTLS=true`)).toMatchObject({ requireTLS: true, ignoreTLS: false })
    }
    expect(ofUrl('smtp://smtp.example.com').tls).toEqual({ minVersion: 'TLSv1.2', rejectUnauthorized: true })
  })

  it('is what the URL says of host, port and credentials, and nothing else of it is obeyed', () => {
    const { options, unknownParameters } = readSmtpUrl(
      'smtps://me%40example.com:p%25%2F%3A@[2001:db8::1]:2465?logger=true&debug=true&disableFileAccess=false&maxConnections=99',
    )
    expect(unknownParameters).toBe(true)
    expect(options).toMatchObject({
      host: '2001:db8::1',
      port: 2465,
      auth: { user: 'me@example.com', pass: 'p%/:' },
      logger: false,
      disableFileAccess: true,
      disableUrlAccess: true,
      maxConnections: 5,
    })
    expect(options).not.toHaveProperty('debug')
    expect(options.socketTimeout).toBeLessThanOrEqual(30_000)
  })

  it('carries nothing when TLS is required and the server has none, or one that nobody vouches for', async () => {
    const plain = await startServer()
    const strange = await startServer({ tls: createTestCertificates('mail.example.com').server })
    for (const server of [plain, strange]) {
      mailerFor(`${server.url}?requireTLS=true`, { retryDelaysMs: [] }).send(mail)
    }
    await until(() => failures().length === 2)
    expect([...plain.recipients, ...strange.recipients]).toEqual([])
  })

  it('is TLS once it is required and the certificate is accepted', async () => {
    const server = await startServer({ tls: createTestCertificates('mail.example.com').server })
    mailerFor(`${server.url}?requireTLS=true&tls.rejectUnauthorized=false`).send(mail)
    await server.next(TO)
    expect(server.secure).toEqual([true])
  })
})

describe('closing', () => {
  it('waits for the mails that were taken, also those that are to be tried again', async () => {
    let refused = false
    const server = await startServer({
      delayMs: 20,
      onRecipient() {
        if (refused) return null
        refused = true
        return { code: 451, text: 'later' }
      },
    })
    const mailer = mailerFor(server.url)
    for (let index = 0; index < 12; index++) mailer.send(mail)
    await mailer.close(20_000)
    expect(server.mails).toHaveLength(12)
  })

  it('gives up at the time it was given and says how many mails were lost', async () => {
    const server = await startServer({ onRecipient: () => ({ code: 451, text: 'later' }) })
    const mailer = mailerFor(server.url, { retryDelaysMs: [60_000] })
    for (let index = 0; index < 7; index++) mailer.send(mail)
    await until(() => server.recipients.length === 7)
    await mailer.close(50)
    expect(logged().at(-1)).toMatchObject({ level: 50, lost: 7 })
    const lines = logLines.length
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(logLines).toHaveLength(lines)
  })

  it('ends mails that a server never accepts, and takes no more', async () => {
    const server = await startServer({ delayMs: 5_000 })
    const mailer = mailerFor(server.url)
    mailer.send(mail)
    await until(() => server.recipients.length === 1)
    await mailer.close(20)
    mailer.send(mail)
    expect(logged()).toMatchObject([{ lost: 1 }, { msg: 'a mail was dropped: the server is stopping' }])
  })
})

describe('without a mail server', () => {
  it('the address and the code are printed, and logged nowhere', () => {
    const printed: string[] = []
    const mailer = mailerFor(null, {}, (line) => void printed.push(line))
    mailer.send(mail)
    expect(printed).toEqual([`Sign-in code for ${TO}: ${CODE} (counts for 10 minutes)`])
    expect(logLines).toEqual([])
  })
})

describe('the mail of a sign-in', () => {
  const mailFor = (parts: Partial<Parameters<typeof signInMail>[0]>) =>
    signInMail({
      appName: 'Promptmeter',
      to: TO,
      code: '004217',
      minutes: 10,
      origin: { ip: '2001:db8::7', clientName: null },
      ...parts,
    })

  it('has the code on a line of its own, and never where a lock screen or a log would show it', () => {
    const { text, subject } = mailFor({})
    expect(codeIn({ text })).toBe('004217')
    expect(subject).not.toMatch(/\d/)
    expect(text.slice(0, 80)).not.toContain('004217')
  })

  it('tells who asked, and that nobody will ask for the code', () => {
    const { text, html } = mailFor({ origin: { ip: '203.0.113.7', clientName: 'VS Code 1.104' } })
    for (const part of [text, html]) {
      expect(part).toContain('“VS Code 1.104” at 203.0.113.7')
      expect(part).toMatch(/ignore this mail/)
      expect(part).toMatch(/Nobody from Promptmeter will ever ask you for it/)
    }
    expect(mailFor({}).text).toContain('somebody at 2001:db8::7')
  })

  it('holds no link and nothing from elsewhere, whatever a client calls itself', () => {
    const clientName =
      'Blocked! https://evil.example/a?b <a href="//x.y">www.evil.com</a>\r\n\r\n999999\r\n\u202e'
    const { text, html, consoleLine } = mailFor({ origin: { ip: '203.0.113.7', clientName } })
    for (const part of [text, html]) {
      expect(part).not.toMatch(/:\/\/|www\.|evil\.(com|example)|<a|href=|src=|url\(|\u202e/)
    }
    expect(codeIn({ text })).toBe('004217')
    expect(text.match(/^\d{6}$/gm)).toHaveLength(1)
    expect(consoleLine).not.toContain('evil')
  })

  it('escapes the name of the service', () => {
    const { html } = mailFor({ appName: 'A <b>"& Co' })
    expect(html).toContain('A &lt;b&gt;&quot;&amp; Co')
    expect(html).not.toContain('<b>')
  })
})
