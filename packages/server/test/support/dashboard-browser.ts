import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { type BrowserPage, createTestBrowser, type TestBrowser } from './browser.ts'
import { ORIGIN, printedCode } from './editor.ts'
import type { TestApp } from './test-app.ts'

export const COOKIE = '__Host-promptmeter_dashboard'

/** What a browser says of a request that the dashboard's own page sends. */
export const FROM_OUR_PAGE = { origin: ORIGIN, 'sec-fetch-site': 'same-origin' } as const

/** Asks as the page does, with the value of its cookie. */
export function askAsPage(
  app: TestApp,
  credential: string,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  { payload, headers = {} }: Pick<InjectOptions, 'payload' | 'headers'> = {},
): Promise<LightMyRequestResponse> {
  return app.request({
    method,
    url,
    headers: { cookie: `${COOKIE}=${credential}`, ...FROM_OUR_PAGE, ...headers },
    ...(payload !== undefined && { payload }),
  })
}

/** Who the cookie says the browser is. */
export async function browserSession(app: TestApp, credential: string) {
  return (await askAsPage(app, credential, 'GET', '/api/browser-session')).json()
}

/** The value of the cookie that a browser holds; null where it holds none. */
export function credentialOf({ cookies }: TestBrowser): string | null {
  return cookies.find(({ name }) => name === COOKIE)?.value ?? null
}

/** Starts a session of a user as a sign-in by code would. */
export async function startSession(app: TestApp, email: string, method: 'email' | 'trusted' = 'email') {
  const user = await app.services.users.findOrAdd(email)
  const { sessionId } = await app.services.sessions.start(user, { method, clientName: 'dashboard a test' })
  const principal = { userId: user.id, sessionId }
  return { ...principal, email, credential: app.services.sessions.apiKeyOf(principal) }
}

/** Signs in by code in a browser, from the dashboard and back to it. */
export async function signInToDashboard(
  app: TestApp,
  email: string,
  { browser = createTestBrowser([app], ORIGIN), to = '/' }: { browser?: TestBrowser; to?: string } = {},
): Promise<{ browser: TestBrowser; credential: string; landed: BrowserPage }> {
  const page = await browser.open(`/sign-in?to=${encodeURIComponent(to)}`)
  const landed = await proveByCode(app, browser, page, email)
  return { browser, credential: credentialOf(browser) as string, landed }
}

export async function proveByCode(
  app: TestApp,
  browser: TestBrowser,
  page: BrowserPage,
  email: string,
): Promise<BrowserPage> {
  const codePage = await browser.submit(page, '/email', { email })
  return browser.submit(codePage, '/code', { code: await printedCode([app], email) })
}
