import { mkdir } from 'node:fs/promises'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startChromium } from './support/chromium.ts'
import { codeIn, type MailServer, startMailServer } from './support/mail-server.ts'
import { expectAccessible, expectFitting } from './support/page-checks.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const REDIRECT = 'vscode://publisher.extension/signed-in'
const LOOKS: Record<string, BrowserContextOptions> = {
  desktop: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'dark-phone': { colorScheme: 'dark', viewport: { width: 360, height: 640 } },
  'no-scripts': { javaScriptEnabled: false },
}
/** Where pictures go, for people to look at; none are made when it is not set. */
const { SCREENSHOTS } = process.env

let database: TestDatabase
let mails: MailServer
let server: TestServer
let browser: Browser
beforeAll(async () => {
  database = await createTestDatabase('postgres')
  mails = await startMailServer()
  server = await startTestServer({
    ...database.environment,
    SIGN_IN: 'email,oidc',
    SMTP_URL: mails.url,
    MAIL_FROM: 'Promptmeter <no-reply@example.com>',
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'promptmeter',
    OIDC_CLIENT_SECRET: 'secret',
    OIDC_NAME: 'Example',
  })
  browser = await startChromium()
  if (SCREENSHOTS !== undefined) await mkdir(SCREENSHOTS, { recursive: true })
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await mails?.close()
  await database?.remove()
})

const authorizeUrl = (redirect = REDIRECT) =>
  `${server.url}/oauth/authorize?${new URLSearchParams({
    client_id: 'editor',
    response_type: 'code',
    redirect_uri: redirect,
    state: 'a-state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })}`

/** What axe finds wrong, and whether anything is cut off. Where scripts are off none can run, ours neither. */
async function inspect(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true })
  if (name.startsWith('no-scripts')) return
  await expectAccessible(page, name)
  await expectFitting(page, name)
}

describe.each(Object.entries(LOOKS))('the pages of a sign-in (%s)', (prefix, options) => {
  let context: BrowserContext
  let page: Page
  const errors: string[] = []
  beforeAll(async () => {
    context = await browser.newContext(options)
  })
  afterAll(() => context.close())
  // Each on a page of its own: one that leads to an editor waits for it.
  beforeEach(async () => {
    page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    page.on('pageerror', (error) => errors.push(error.message))
  })
  afterEach(() => page.close())

  it('lead from an address over a mailed code back to the editor', async () => {
    const email = `${prefix}@example.com`
    await page.goto(authorizeUrl())
    await inspect(page, `${prefix}-ways`)
    expect(await page.locator(':focus').getAttribute('id')).toBe('email')
    await page.getByLabel('Email address').fill(email)
    await page.getByRole('button', { name: 'Send me a code' }).click()
    const code = codeIn(await mails.next(email))
    await inspect(page, `${prefix}-code`)
    await page.getByLabel('Code').fill(code === '000000' ? '000001' : '000000')
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('wrong')
    await inspect(page, `${prefix}-wrong-code`)
    await page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await inspect(page, `${prefix}-done`)
    const link = await page.getByRole('link', { name: 'Open VS Code' }).getAttribute('href')
    expect(link).toMatch(/^vscode:\/\/publisher\.extension\/signed-in\?.*code=/)
    expect(await page.locator('code').textContent()).toBe(new URL(link as string).searchParams.get('code'))
  })

  it('show the code to paste where no link leads back', async () => {
    const email = `paste-${prefix}@example.com`
    await page.goto(authorizeUrl(`${server.url}/oauth/paste`))
    await page.getByLabel('Email address').fill(email)
    await page.keyboard.press('Enter')
    await page.getByLabel('Code').fill(codeIn(await mails.next(email)))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Paste this code' }).waitFor()
    await inspect(page, `${prefix}-paste`)
  })

  it('connect a device', async () => {
    const email = `device-${prefix}@example.com`
    const { body: device } = await server.request('/oauth/device_authorization', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'a terminal' },
      body: 'client_id=editor',
    })
    await page.goto(device.verification_uri)
    await page.getByLabel('Code').fill('BCDF-GHJK')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('alert').waitFor()
    await inspect(page, `${prefix}-device-wrong`)
    await page.goto(device.verification_uri_complete)
    await inspect(page, `${prefix}-device`)
    await page.getByRole('button', { name: 'Continue' }).click()
    expect(await page.locator('main').textContent()).toContain('a terminal')
    await inspect(page, `${prefix}-device-confirm`)
    await page.getByRole('button', { name: 'Yes, continue' }).click()
    await page.getByLabel('Email address').fill(email)
    await page.keyboard.press('Enter')
    await page.getByLabel('Code').fill(codeIn(await mails.next(email)))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your device is connected' }).waitFor()
    await inspect(page, `${prefix}-device-done`)
  })

  it('say what went wrong', async () => {
    await page.goto(authorizeUrl('https://evil.example.com/'))
    await inspect(page, `${prefix}-error`)
    await page.goto(`${server.url}/sign-in/nothing-of-that-name`)
    expect(await page.getByRole('alert').textContent()).toContain('This sign-in is over')
    await page.goto(authorizeUrl())
    await page.getByRole('button', { name: 'Continue with Example' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('cannot be reached')
    await inspect(page, `${prefix}-unavailable`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'Not signed in' }).waitFor()
    await inspect(page, `${prefix}-cancelled`)
  })

  it('broke no rule of their own policy', () => {
    expect(errors.filter((text) => /Content Security Policy|Refused/.test(text))).toEqual([])
  })
})

describe('a redirect to a program on this computer', () => {
  it('is followed by the browser, under the policy of the page', async () => {
    const { createServer } = await import('node:http')
    const { promise: called, resolve } = Promise.withResolvers<string>()
    const listener = createServer((request, response) => {
      if (request.url?.startsWith('/callback')) resolve(request.url)
      response.end('done')
    })
    await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready))
    const { port } = listener.address() as { port: number }
    const page = await browser.newPage()
    await page.goto(authorizeUrl(`http://127.0.0.1:${port}/callback`))
    await page.getByLabel('Email address').fill('loopback@example.com')
    await page.keyboard.press('Enter')
    await page.getByLabel('Code').fill(codeIn(await mails.next('loopback@example.com')))
    await page.keyboard.press('Enter')
    expect(await called).toMatch(/code=.*state=a-state/)
    await page.close()
    listener.close()
  })
})
