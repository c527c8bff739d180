import { mkdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { ARTIFACTS } from '../../support/artifacts.ts'

const PICTURES = `${ARTIFACTS}dashboard/`

/** What a page complained of: scripts that failed, and whatever broke its content security policy. */
export interface Watched {
  readonly complaints: readonly string[]
}

/** Refusals are answers that a page deals with; the browser's own line about them says nothing new. */
const EXPECTED =
  /^Failed to load resource: the server responded with a status of (?:4\d\d|503)|net::ERR_|Failed to fetch dynamically imported module/

export function watch(page: Page): Watched {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text()))
      complaints.push(`${page.url()}: ${message.text()}`)
  })
  return { complaints }
}

/**
 * Writes `artifacts/dashboard/<name>.png`, for people to look at.
 *
 * @param whole the whole page, and not only what a window of this size shows of it
 */
export async function picture(page: Page, name: string, whole = true): Promise<void> {
  await mkdir(PICTURES, { recursive: true })
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: whole })
}
