import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import type { TestCertificate } from './test-certificate.ts'

/** Answers one recipient with a reply code and a text, or takes the mail with null. */
export type RecipientScript = (address: string) => { code: number; text: string } | null

export interface MailServerOptions {
  /** STARTTLS is offered with this certificate; without one it is not offered, nor known. */
  readonly tls?: TestCertificate
  /** Only who signs in with these may send. */
  readonly login?: { readonly user: string; readonly pass: string }
  /** One that was free a moment ago; any free one otherwise. */
  readonly port?: number
  readonly onRecipient?: RecipientScript
  /** How long each mail takes to be accepted. */
  readonly delayMs?: number
}

export interface MailServer {
  /** For SMTP_URL, with the credentials where some are wanted. */
  readonly url: string
  readonly port: number
  /** All that was taken, in order. */
  readonly mails: readonly ParsedMail[]
  /** Every recipient that was named, taken or not. */
  readonly recipients: readonly string[]
  /** Connections at once, at most, so far. */
  readonly mostConnections: number
  /** Whether each mail came over TLS. */
  readonly secure: readonly boolean[]
  /** What it answers from now on. */
  onRecipient: RecipientScript
  /** The next mail to this address that has not been asked for. */
  next(to: string): Promise<ParsedMail>
  close(): Promise<void>
}

/** A real SMTP server on loopback that keeps what it gets. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { tls, login, delayMs = 0 } = options
  const mails: ParsedMail[] = []
  const recipients: string[] = []
  const secure: boolean[] = []
  const unread = new Map<string, ParsedMail[]>()
  const waiting = new Map<string, ((mail: ParsedMail) => void)[]>()
  let mostConnections = 0

  const arrived = (to: string, mail: ParsedMail) => {
    const reader = waiting.get(to)?.shift()
    if (reader !== undefined) reader(mail)
    else unread.set(to, [...(unread.get(to) ?? []), mail])
  }

  const smtp = new SMTPServer({
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disabledCommands: [...(tls === undefined ? ['STARTTLS'] : []), ...(login === undefined ? ['AUTH'] : [])],
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    ...(tls !== undefined && { cert: tls.certificate, key: tls.key }),
    onConnect(_session, callback) {
      mostConnections = Math.max(mostConnections, smtp.connections.size)
      callback()
    },
    onAuth({ username, password }, _session, callback) {
      if (username === login?.user && password === login?.pass) callback(null, { user: username })
      else callback(refusal(535, `no login for ${username} ${password}`))
    },
    onRcptTo({ address }, _session, callback) {
      recipients.push(address)
      const answer = server.onRecipient(address)
      callback(answer === null ? null : refusal(answer.code, answer.text))
    },
    async onData(stream, session, callback) {
      // The session's list is emptied once the mail is accepted.
      const addresses = session.envelope.rcptTo.map(({ address }) => address)
      const mail = await simpleParser(stream)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      mails.push(mail)
      secure.push(session.secure)
      callback()
      for (const address of addresses) arrived(address, mail)
    },
  })
  // Clients that hang up are part of the tests.
  smtp.on('error', () => {})
  await once(smtp.listen(options.port ?? 0, '127.0.0.1'), 'listening')
  const { port } = smtp.server.address() as AddressInfo
  const credentials = login === undefined ? '' : `${login.user}:${encodeURIComponent(login.pass)}@`

  const server: MailServer = {
    url: `smtp://${credentials}127.0.0.1:${port}`,
    port,
    mails,
    recipients,
    secure,
    get mostConnections() {
      return mostConnections
    },
    onRecipient: options.onRecipient ?? (() => null),
    next(to) {
      const [mail, ...rest] = unread.get(to) ?? []
      if (mail !== undefined) {
        unread.set(to, rest)
        return Promise.resolve(mail)
      }
      return new Promise((resolve) => {
        waiting.set(to, [...(waiting.get(to) ?? []), resolve])
      })
    },
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  }
  return server
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}

/** The six digits that stand on a line of their own. */
export function codeIn({ text }: Pick<ParsedMail, 'text'>): string {
  const code = /^(\d{6})$/m.exec(text ?? '')?.[1]
  if (code === undefined) throw new Error(`no code in: ${text}`)
  return code
}
