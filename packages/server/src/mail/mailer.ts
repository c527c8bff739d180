import { setTimeout as sleep } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import { isLoopbackHost } from '../config/loopback.ts'
import type { MailConfig } from '../config/sign-in-config.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The same in one line, for a server that sends no mail. */
  readonly consoleLine: string
}

export interface Mailer {
  /** Takes a mail and returns at once; it is sent, and tried again, beside whatever else goes on. */
  send(mail: Mail): void
  /** Waits so long for the mails that are on their way, then gives them up. */
  close(timeoutMs: number): Promise<void>
}

export interface MailerOptions {
  /** How long to wait before each further try, in milliseconds. */
  readonly retryDelaysMs?: readonly number[]
}

/** Most mails that may be on their way; the next one is dropped, and its user asks again. */
const MAX_WAITING = 1000
const MAX_CONNECTIONS = 5
const RETRY_DELAYS_MS = [1_000, 4_000, 15_000, 60_000]
const CONNECT_TIMEOUT_MS = 10_000
const SOCKET_TIMEOUT_MS = 30_000

/** @param print where a server without SMTP_URL shows its codes */
export function createMailer(
  { smtpUrl, from }: MailConfig,
  logger: Logger,
  print: (line: string) => void,
  { retryDelaysMs = RETRY_DELAYS_MS }: MailerOptions = {},
): Mailer {
  if (smtpUrl === null) return { send: ({ consoleLine }) => print(consoleLine), async close() {} }

  const transport = createTransport(transportOptions(smtpUrl))
  const closing = new AbortController()
  const onTheirWay = new Set<Promise<void>>()

  const deliver = async (mail: Mail): Promise<void> => {
    const { to, subject, text, html } = mail
    const message = { from, to, subject, text, html, headers: { 'Auto-Submitted': 'auto-generated' } }
    for (let tries = 0; ; tries++) {
      try {
        await transport.sendMail(message)
        return
      } catch (error) {
        const delayMs = isPermanent(error) ? undefined : retryDelaysMs[tries]
        const told = { ...withoutContent(error), tries: tries + 1 }
        if (delayMs === undefined || closing.signal.aborted) {
          logger.error(told, 'a mail could not be sent')
          return
        }
        logger.warn(told, 'a mail is tried again')
        await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  return {
    send(mail) {
      if (onTheirWay.size >= MAX_WAITING || closing.signal.aborted) {
        logger.error({ waiting: onTheirWay.size }, 'a mail was dropped: too many are waiting')
        return
      }
      const delivery = deliver(mail).finally(() => onTheirWay.delete(delivery))
      onTheirWay.add(delivery)
    },

    async close(timeoutMs) {
      const given = new AbortController()
      const patience = sleep(timeoutMs, undefined, { signal: given.signal }).catch(() => {})
      await Promise.race([Promise.all(onTheirWay), patience])
      given.abort()
      closing.abort()
      if (onTheirWay.size > 0)
        logger.error({ lost: onTheirWay.size }, 'mails were given up: the server stops')
      transport.close()
    },
  }
}

/**
 * How to reach the mail server. Codes must not travel in clear: beyond this machine a server that offers no encryption
 * gets none, unless SMTP_URL says `?requireTLS=false`.
 */
export function transportOptions(smtpUrl: string) {
  const { protocol, hostname, port, username, password, searchParams } = new URL(smtpUrl)
  const secure = protocol === 'smtps:'
  return {
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && !isLoopbackHost(hostname) && searchParams.get('requireTLS') !== 'false',
    ...(username !== '' && {
      auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }),
    tls: { minVersion: 'TLSv1.2' },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  } as const
}

/** A server's own "no" (5xx, RFC 5321, 4.2.1); everything else may be better in a moment. */
function isPermanent(error: unknown): boolean {
  const { responseCode = 0 } = error as { responseCode?: number }
  return responseCode >= 500 && responseCode < 600
}

/** What a log may keep: the message of such an error repeats addresses, and what the server said of them. */
function withoutContent(error: unknown) {
  const { code, responseCode, command } = error as { code?: string; responseCode?: number; command?: string }
  return { code, responseCode, command: command?.split(' ', 1)[0] }
}
