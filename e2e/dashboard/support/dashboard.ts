import { randomBytes } from 'node:crypto'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { inject } from 'vitest'
import { startChromium } from '../../../packages/server/test/support/chromium.ts'
import { createDatabase, dropDatabase } from '../../../packages/testing/src/databases.ts'
import { signIn } from '../../support/browser-sign-in.ts'
import { type Promptmeter, startPromptmeter } from '../../support/promptmeter.ts'
import { picture, type Watched, watch } from './watched-page.ts'

/** The real server over a copy of the seeded database, and browsers to look at it with. */
export interface Dashboard {
  readonly meter: Promptmeter
  /** Of its own copy, for what no API does, such as letting time pass. */
  readonly databaseUrl: string
  /** A browser whose operator has followed a one-time link. */
  operator(options?: BrowserContextOptions): Promise<Page>
  /** A browser in which somebody has signed in by a mailed code, at `path`. */
  member(email: string, options?: BrowserContextOptions & { readonly path?: string }): Promise<Page>
  /** A browser of nobody. */
  stranger(options?: BrowserContextOptions): Promise<Page>
  /** Leaves the server as it is, for the next test. Where this one has failed, first keeps pictures. */
  closePages(failed: boolean): Promise<void>
  /**
   * Ends all of it. Where the test has failed, first keeps a picture of every page that is open.
   * @throws Error when a page broke its own policy, or failed in itself
   */
  close(failed: boolean): Promise<void>
}

export async function openDashboard(environment: Readonly<Record<string, string>> = {}): Promise<Dashboard> {
  const url = await createDatabase(
    inject('serverUrl'),
    `dashboard_${randomBytes(8).toString('hex')}`,
    inject('seededUrl'),
  )
  const ends: (() => Promise<unknown>)[] = [() => dropDatabase(inject('serverUrl'), url)]
  const watched: Watched[] = []
  let browser: Browser | undefined
  const closePages = async (failed: boolean) => {
    const contexts = browser?.contexts() ?? []
    const pages = failed ? contexts.flatMap((context) => context.pages()) : []
    for (const [index, page] of pages.entries()) await picture(page, `failed-${index + 1}`).catch(() => {})
    for (const context of contexts) await context.close()
  }
  const close = async (failed: boolean) => {
    await closePages(failed).catch(() => {})
    for (const end of ends.reverse()) await end()
    const complaints = watched.flatMap(({ complaints: seen }) => seen)
    if (complaints.length > 0) throw new Error(`the pages complained:\n${complaints.join('\n')}`)
  }
  try {
    const meter = await startPromptmeter({
      DATABASE_URL: url,
      JWT_SECRET: randomBytes(32).toString('base64url'),
      ...environment,
    })
    ends.push(meter.close)
    const running = await startChromium()
    browser = running
    ends.push(() => running.close())
    const open = async (options: BrowserContextOptions = {}): Promise<Page> => {
      const context: BrowserContext = await running.newContext({
        viewport: { width: 1280, height: 800 },
        baseURL: meter.url,
        timezoneId: 'Europe/Berlin',
        ...options,
      })
      const page = await context.newPage()
      watched.push(watch(page))
      return page
    }
    return {
      meter,
      databaseUrl: url,
      stranger: open,
      async operator(options) {
        const page = await open(options)
        const { url: link } = await meter.admin('POST', '/api/admin/links')
        await page.goto(link)
        await page.getByRole('heading', { name: 'Overview' }).waitFor()
        return page
      },
      async member(email, { path = '/usage', ...options } = {}) {
        const page = await open(options)
        await page.goto(path)
        await page.getByRole('link', { name: 'Sign in' }).click()
        await signIn(page, meter.mails, email)
        await page.getByRole('navigation', { name: 'Places' }).waitFor({ state: 'attached' })
        return page
      },
      closePages,
      close,
    }
  } catch (error) {
    await close(true)
    throw error
  }
}
