import * as client from 'openid-client'
import { type BrowserPage, createTestBrowser, type TestBrowser } from './browser.ts'
import type { Replicas } from './replicas.ts'
import type { TestApp } from './test-app.ts'

export const ORIGIN = 'https://meter.example.com'
export const REDIRECT = 'vscode://publisher.extension/signed-in?windowId=7'

/** Settings under which people sign in by code, and the code is printed. */
export const EMAIL_SETTINGS = { SIGN_IN: 'email', REGISTRATION: 'open', PUBLIC_URL: ORIGIN } as const

/** An extension in an editor, with the standard client of its trade, and the browser of its user. */
export interface Editor {
  readonly configuration: client.Configuration
  readonly browser: TestBrowser
  /** Begins a sign-in and opens its page. */
  begin(parameters?: Record<string, string>): Promise<{ page: BrowserPage; verifier: string; state: string }>
  /** Types an address and the code that was sent to it. */
  proveByCode(page: BrowserPage, email: string): Promise<BrowserPage>
  /** Redeems what the browser came back with. */
  redeem(leadsTo: URL, verifier: string, state: string): ReturnType<typeof client.authorizationCodeGrant>
  /** The whole of it. */
  signIn(email: string): Promise<string>
}

export async function startEditor({ apps }: Pick<Replicas, 'apps'>): Promise<Editor> {
  let requests = 0
  const configuration = await client.discovery(new URL(ORIGIN), 'editor', undefined, client.None(), {
    algorithm: 'oauth2',
    [client.customFetch]: fetchFrom(() => apps[requests++ % apps.length] as TestApp),
  })
  const browser = createTestBrowser(apps, ORIGIN)

  const editor: Editor = {
    configuration,
    browser,
    async begin(parameters = {}) {
      const verifier = client.randomPKCECodeVerifier()
      const state = client.randomState()
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: REDIRECT,
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...parameters,
      })
      return { page: await browser.open(url.href), verifier, state }
    },
    async proveByCode(page, email) {
      const codePage = await browser.submit(page, '/email', { email })
      return browser.submit(codePage, '/code', { code: await printedCode(apps, email) })
    },
    redeem: (leadsTo, verifier, state) =>
      client.authorizationCodeGrant(configuration, leadsTo, {
        pkceCodeVerifier: verifier,
        expectedState: state,
      }),
    async signIn(email) {
      const { page, verifier, state } = await editor.begin()
      const { leadsTo } = await editor.proveByCode(page, email)
      return (await editor.redeem(leadsTo as URL, verifier, state)).access_token
    },
  }
  return editor
}

/** The latest code for an address, once it is printed: that happens after the answer. */
export async function printedCode(apps: readonly TestApp[], email: string): Promise<string> {
  await new Promise(setImmediate)
  const lines = (apps[0] as TestApp).printed.filter((line) => line.includes(` ${email}:`))
  const code = /\b(\d{6})\b/.exec(lines.at(-1) ?? '')?.[1]
  if (code === undefined) throw new Error(`no code was printed for ${email}`)
  return code
}

/** fetch, answered by one of our applications without a network. */
export function fetchFrom(next: () => TestApp): client.CustomFetch {
  return async (url, { method, headers, body }) => {
    const answer = await next().request({
      method: method as 'GET',
      url: url.slice(ORIGIN.length),
      headers: headers as Record<string, string>,
      ...(body != null && { payload: body instanceof URLSearchParams ? body.toString() : String(body) }),
    })
    return new Response(answer.body === '' ? null : answer.body, {
      status: answer.statusCode,
      headers: Object.entries(answer.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((one): [string, string] => [name, String(one)]),
      ),
    })
  }
}
