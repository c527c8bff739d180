import { stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PromptmeterError } from '../promptmeter-error.ts'

/** The cookie by which a browser is signed in to the dashboard. Only the routes that ask for it take it. */
export interface BrowserCookie {
  /** Whether browsers reach this server by https. */
  readonly secure: boolean
  /** Whether this request has it at all, however often. */
  isSent(request: FastifyRequest): boolean
  /** Its value; null where it is not sent. Sent twice it is none: another program of this host may have added one. */
  read(request: FastifyRequest): string | null
  /** The same for a request that acts by it. @throws PromptmeterError `origin_refused` when another page sent it */
  credentialOf(request: FastifyRequest): string | null
  /** The same where no `Authorization` was sent, which decides alone. @throws PromptmeterError `origin_refused` */
  insteadOfBearer(request: FastifyRequest): string | null
  set(reply: FastifyReply, value: string, maxAgeSeconds: number): void
  clear(reply: FastifyReply): void
}

/** @param publicUrl the origin people reach this server at; null for the address it listens on */
export function createBrowserCookie(publicUrl: string | null): BrowserCookie {
  const secure = publicUrl?.startsWith('https:') ?? false
  const name = `${secure ? '__Host-' : ''}promptmeter_dashboard`

  /** Scripts cannot read it, and no browser sends it along with what another site asks for. */
  const write = (reply: FastifyReply, value: string, maxAge: number) =>
    void reply.header(
      'Set-Cookie',
      stringifySetCookie({ name, value, path: '/', maxAge, httpOnly: true, sameSite: 'strict', secure }),
    )

  const valuesIn = ({ headers }: FastifyRequest): string[] =>
    (headers.cookie ?? '').split(';').flatMap((pair) => {
      const equals = pair.indexOf('=')
      return equals !== -1 && pair.slice(0, equals).trim() === name ? [pair.slice(equals + 1).trim()] : []
    })

  const isOurs = ({ origin, host }: FastifyRequest['headers']): boolean =>
    publicUrl === null
      ? host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
      : origin === publicUrl

  /**
   * SameSite lets pages of the same host on another port through, such as any other program on this computer, so what
   * browsers say of the sender is looked at as well.
   */
  const isFromOurPage = ({ method, headers }: FastifyRequest): boolean => {
    const site = headers['sec-fetch-site']
    const reads = method === 'GET' || method === 'HEAD'
    if (site !== undefined && site !== 'same-origin' && !(reads && site === 'none')) return false
    return reads || isOurs(headers)
  }

  const cookie: BrowserCookie = {
    secure,

    isSent: (request) => valuesIn(request).length > 0,

    read(request) {
      const values = valuesIn(request)
      return (values.length === 1 && values[0]) || null
    },

    credentialOf(request) {
      if (cookie.isSent(request) && !isFromOurPage(request))
        throw new PromptmeterError(
          'origin_refused',
          `This request came from another web page. The dashboard is at ${publicUrl ?? 'the address of this server'}.`,
        )
      return cookie.read(request)
    },

    insteadOfBearer: (request) =>
      request.headers.authorization === undefined ? cookie.credentialOf(request) : null,

    set: write,
    clear: (reply) => write(reply, '', 0),
  }
  return cookie
}
