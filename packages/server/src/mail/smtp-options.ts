import { isLoopbackHost } from '../config/loopback.ts'

/** Connections to the mail server at once, and so mails under way. */
export const MAX_CONNECTIONS = 5

/** What nodemailer's pool is given. It holds a password: never log it. */
export type SmtpOptions = ReturnType<typeof readSmtpUrl>['options']

/**
 * The pool's options from `SMTP_URL`. The URL is read here, not by nodemailer, where any parameter of it could switch
 * on a log of the whole conversation, or reach a file.
 * @returns also whether the URL carries parameters that mean nothing; they are not named, for a password with a `?` in
 * it ends up among them
 */
export function readSmtpUrl(smtpUrl: string) {
  const url = new URL(smtpUrl)
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1'))
  const secure = url.protocol === 'smtps:'
  const requireTLS = booleanOf(url, 'requireTLS')
  const servername = url.searchParams.get('tls.servername')
  const name = url.searchParams.get('name')
  const options = {
    pool: true as const,
    host,
    ...(url.port !== '' && { port: Number(url.port) }),
    secure,
    // Codes and the password must not pass in clear, also where somebody on the way strikes STARTTLS from the offer.
    requireTLS: !secure && (requireTLS ?? !isLoopbackHost(host)),
    // Nobody listens on loopback, and a mail server there rarely has a certificate for that name.
    ignoreTLS: !secure && requireTLS !== true && isLoopbackHost(host),
    tls: {
      minVersion: 'TLSv1.2' as const,
      rejectUnauthorized: booleanOf(url, 'tls.rejectUnauthorized') ?? true,
      ...(servername && { servername }),
    },
    ...(name && { name }),
    ...((url.username !== '' || url.password !== '') && {
      auth: { user: decode(url.username), pass: decode(url.password) },
    }),
    maxConnections: MAX_CONNECTIONS,
    // Once, at once: the server may have closed a connection that was kept. After that the mailer's own delays count.
    maxRequeues: 1,
    idleTimeout: 30_000,
    dnsTimeout: 10_000,
    connectionTimeout: 10_000,
    greetingTimeout: 15_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  }
  const unknownParameters = [...url.searchParams.keys()].some((key) => !PARAMETERS.includes(key))
  return { options, unknownParameters }
}

const PARAMETERS = ['requireTLS', 'tls.rejectUnauthorized', 'tls.servername', 'name']

function booleanOf(url: URL, name: string): boolean | null {
  const value = url.searchParams.get(name)
  if (value === 'false' || value === '0') return false
  return value === null ? null : true
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A `%` that stands for itself.
    return text
  }
}
