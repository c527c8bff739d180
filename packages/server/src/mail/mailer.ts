import { randomUUID } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { createTransport } from 'nodemailer'
import type { MailConfig } from '../config/sign-in-config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { normalizeEmail } from '../users/user.ts'
import { smtpFailureFrom } from './smtp-failure.ts'
import { MAX_CONNECTIONS, readSmtpUrl } from './smtp-options.ts'

export interface Mail {
  /** One address, in the form users are stored by. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** What is printed where no mail is sent. */
  readonly consoleLine?: string
}

export interface Mailer {
  /** Takes a mail and returns at once: how long a mail server takes tells the caller nothing about an address. */
  send(mail: Mail): void
  /** Waits for the mails that were taken, `timeoutMs` at most; what is not sent by then is lost. */
  close(timeoutMs: number): Promise<void>
}

export interface MailerOptions {
  /** After how long a mail that failed for now is tried again, each time. */
  readonly retryDelaysMs?: readonly number[]
  /** Mails that may wait or be under way; more are dropped. */
  readonly maxMails?: number
}

const RETRY_DELAYS_MS = [1_000, 4_000, 15_000, 60_000]
const MAX_MAILS = 1_000

/** For one try: a server that trickles its answers would never run into a timeout of the socket. */
const TRY_TIMEOUT_MS = 120_000

/**
 * Sends mails by SMTP or, without an `SMTP_URL`, prints them instead.
 * @param print gets a line with an address and a code: a terminal, never a log
 */
export function createMailer(
  config: MailConfig,
  logger: Logger,
  print: (line: string) => void,
  options: MailerOptions = {},
): Mailer {
  if (config.smtpUrl !== null) return new SmtpMailer(config.smtpUrl, config.from, logger, options)
  return {
    send: ({ consoleLine, to, subject }) => print(consoleLine ?? `Mail to ${to}: ${subject}`),
    close: () => Promise.resolve(),
  }
}

/** A mail on its way. */
interface Delivery {
  readonly mail: Mail
  /** The same for every try: a mail that arrives twice is recognized as one. */
  readonly messageId: string
  tries: number
}

class SmtpMailer implements Mailer {
  readonly #from: ReturnType<typeof mailboxFrom>
  readonly #logger: Logger
  readonly #retryDelaysMs: readonly number[]
  readonly #maxMails: number
  readonly #transport
  readonly #queue: Delivery[] = []
  readonly #retries = new Set<NodeJS.Timeout>()
  #underWay = 0
  #closing = false
  /** Given up: what still comes back from the pool counts no more. */
  #closed = false
  #emptied = () => {}

  constructor(smtpUrl: string, from: string, logger: Logger, options: MailerOptions) {
    const { options: smtp, unknownParameters } = readSmtpUrl(smtpUrl)
    if (unknownParameters) logger.warn('SMTP_URL carries parameters that are not known; they change nothing')
    this.#from = mailboxFrom(from)
    this.#logger = logger
    this.#retryDelaysMs = options.retryDelaysMs ?? RETRY_DELAYS_MS
    this.#maxMails = options.maxMails ?? MAX_MAILS
    this.#transport = createTransport(smtp)
    // Each mail's own failure is told by its try; unheard, this event would end the process.
    this.#transport.on('error', () => {})
  }

  send(mail: Mail): void {
    if (this.#closing) {
      this.#logger.error('a mail was dropped: the server is stopping')
      return
    }
    if (this.#size >= this.#maxMails) {
      this.#logger.error({ waiting: this.#size }, 'a mail was dropped: too many wait for the mail server')
      return
    }
    // Whatever the caller checked: a comma or a line break in here would reach others.
    if (normalizeEmail(mail.to) === null) {
      this.#logger.error('a mail was dropped: its address is none')
      return
    }
    this.#queue.push({ mail, messageId: `<${randomUUID()}@${this.#from.domain}>`, tries: 0 })
    setImmediate(() => this.#next())
  }

  async close(timeoutMs: number): Promise<void> {
    this.#closing = true
    if (this.#size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        this.#emptied = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const lost = this.#size
    this.#closed = true
    for (const timer of this.#retries) clearTimeout(timer)
    this.#retries.clear()
    this.#queue.length = 0
    this.#transport.close({ force: true })
    if (lost > 0) this.#logger.error({ lost }, 'mails were lost: they could not be sent before the stop')
  }

  /** Mails that wait, are under way or will be tried again. */
  get #size(): number {
    return this.#queue.length + this.#underWay + this.#retries.size
  }

  #next(): void {
    while (!this.#closed && this.#underWay < MAX_CONNECTIONS) {
      const delivery = this.#queue.shift()
      if (delivery === undefined) return
      this.#underWay++
      void this.#deliver(delivery)
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    delivery.tries++
    try {
      await this.#transport.sendMail(this.#messageFor(delivery))
      this.#underWay--
    } catch (error) {
      this.#underWay--
      if (!this.#closed) this.#failed(delivery, error)
    }
    if (this.#size === 0) this.#emptied()
    this.#next()
  }

  #failed(delivery: Delivery, error: unknown): void {
    const { temporary, ...failure } = smtpFailureFrom(error)
    const { tries } = delivery
    const delayMs = temporary ? this.#retryDelaysMs[tries - 1] : undefined
    if (delayMs === undefined) {
      this.#logger.error({ ...failure, tries }, 'a mail could not be sent')
      return
    }
    this.#logger.warn({ ...failure, tries, delayMs }, 'a mail could not be sent; it is tried again')
    const timer = setTimeout(() => {
      this.#retries.delete(timer)
      this.#queue.push(delivery)
      this.#next()
    }, delayMs)
    this.#retries.add(timer)
  }

  #messageFor({ mail: { to, subject, text, html }, messageId }: Delivery) {
    const { name, address } = this.#from
    return {
      // Objects: a string would be searched for more addresses.
      from: { name, address },
      to: { name: '', address: to },
      envelope: { from: address, to: [to] },
      subject,
      text,
      html,
      messageId,
      // No out-of-office answers to a machine (RFC 3834, 5).
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
    }
  }
}

/** `Name <address>` or an address alone, as the settings let through. */
function mailboxFrom(from: string): { name: string; address: string; domain: string } {
  const [, name = '', address = from] = /^([^<>]*)<([^<>]+)>$/.exec(from) ?? []
  const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1)) || 'localhost'
  return { name: name.trim().replace(/^"(.*)"$/, '$1'), address, domain }
}
