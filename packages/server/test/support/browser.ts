import type { LightMyRequestResponse } from 'fastify'
import type { TestApp } from './test-app.ts'

/** What a browser of one person does: keeps cookies by path, follows redirects of ours, sends forms. */
export interface TestBrowser {
  /** Follows redirects within our own origin; stops at any other, with the answer that names it. */
  open(url: string, headers?: Record<string, string>): Promise<BrowserPage>
  /** Sends the form of a page whose action ends so, with what was typed and every hidden field. */
  submit(
    page: BrowserPage,
    actionEnd: string,
    typed?: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<BrowserPage>
  readonly cookies: readonly KeptCookie[]
}

export interface BrowserPage {
  readonly status: number
  readonly body: string
  readonly headers: LightMyRequestResponse['headers']
  /** Where it was found, path and query. */
  readonly url: string
  /** Where an answer leads that leaves our origin, by redirect or by the page that leads back to an editor. */
  readonly leadsTo: URL | null
}

export interface KeptCookie {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly flags: string
}

/**
 * @param apps the replicas behind one address: each request goes to the next of them
 * @param kept cookies from before
 */
export function createTestBrowser(
  apps: readonly TestApp[],
  origin: string,
  kept: readonly KeptCookie[] = [],
): TestBrowser {
  let cookies = [...kept]
  let requests = 0

  const send = async (
    method: 'GET' | 'POST',
    url: string,
    headers: Record<string, string>,
    payload?: string,
  ): Promise<LightMyRequestResponse> => {
    const path = url.split('?', 1)[0] as string
    const sent = cookies.filter(
      (cookie) => path === cookie.path || path.startsWith(`${cookie.path.replace(/\/$/, '')}/`),
    )
    const app = apps[requests++ % apps.length] as TestApp
    const answer = await app.request({
      method,
      url,
      headers: {
        accept: 'text/html',
        ...(sent.length > 0 && { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') }),
        ...(payload !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      ...(payload !== undefined && { payload }),
    })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) keep(line)
    return answer
  }

  const keep = (line: string): void => {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(pair.indexOf('=') + 1)
    const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? '/'
    const gone = /(^|;) *(expires=Thu, 01 Jan 1970|max-age=0)/i.test(attributes.join('; '))
    cookies = cookies.filter((cookie) => cookie.name !== name || cookie.path !== path)
    if (!gone) cookies.push({ name, value, path, flags: attributes.join('; ') })
  }

  const follow = async (answer: LightMyRequestResponse, url: string): Promise<BrowserPage> => {
    const { location } = answer.headers
    if (typeof location === 'string') {
      const target = new URL(location, origin)
      if (target.origin === origin) {
        const next = target.pathname + target.search
        return follow(await send('GET', next, {}), next)
      }
    }
    const forward = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(answer.body)?.[1]
    const away = typeof location === 'string' ? location : forward?.replaceAll('&amp;', '&')
    return {
      status: answer.statusCode,
      body: answer.body,
      headers: answer.headers,
      url,
      leadsTo: away === undefined ? null : new URL(away, origin),
    }
  }

  return {
    get cookies() {
      return cookies
    },
    async open(url, headers = {}) {
      const { pathname, search } = new URL(url, origin)
      return follow(await send('GET', pathname + search, headers), pathname + search)
    },
    async submit(page, actionEnd, typed = {}, headers = {}) {
      const forms = [...page.body.matchAll(/<form[^>]*action="([^"]+)"[^>]*>(.*?)<\/form>/gs)]
      const form = forms.find(([, action]) => action?.endsWith(actionEnd))
      if (form === undefined) throw new Error(`no form ends in ${actionEnd}:\n${page.body}`)
      const fields = [...(form[2] as string).matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
      const body = new URLSearchParams(
        Object.fromEntries(fields.map(([, name, value]) => [name as string, value as string])),
      )
      for (const [name, value] of Object.entries(typed)) body.set(name, value)
      const action = form[1] as string
      return follow(
        await send('POST', action, { 'sec-fetch-site': 'same-origin', ...headers }, body.toString()),
        action,
      )
    },
  }
}
