import { mkdir } from 'node:fs/promises'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { ARTIFACTS } from '../../support/artifacts.ts'
import { type Dialogs, dialogsOf } from './dialogs.ts'
import { type Notifications, notificationsOf } from './notifications.ts'
import { type QuickInput, quickInputOf } from './quick-input.ts'
import { type StatusBar, statusBarOf } from './status-bar.ts'

/** A cold VS Code on a slow machine. */
const SHOWN_WITHIN_MS = 90_000

/** One window of VS Code: a page of a browser. Windows of one context share their storage, as on one computer. */
export interface EditorWindow {
  readonly page: Page
  readonly statusBar: StatusBar
  readonly notifications: Notifications
  readonly quickInput: QuickInput
  readonly dialogs: Dialogs
  /** Runs a command by its title, with the category where it has one: `Promptmeter: Sign In`. */
  runCommand(title: string): Promise<void>
  /** Does something that opens a page in the browser, and gives that page. */
  opensPage(action: () => Promise<unknown>): Promise<Page>
  /** Loads the window again, as after a restart; its extensions start anew. */
  reload(): Promise<void>
  /** Brings it before the others. Each window believes to be focused until told otherwise. */
  focus(): Promise<void>
  /** Has it believe that it was left for another program, or come back to: no browser without a screen would say so. */
  setFocused(focused: boolean): Promise<void>
  /** Writes `artifacts/<name>.png`, for people to look at. */
  screenshot(name: string): Promise<string>
  /** The part of the page with all that VS Code shows. */
  readonly workbench: Locator
  close(): Promise<void>
}

/**
 * Opens a window and waits until it can be used. Extensions may still be starting then: wait for what they show.
 *
 * @param url of the code-server; `?folder=/path` opens that folder, `?ew=true` none
 */
export async function openWindow(context: BrowserContext, url: string): Promise<EditorWindow> {
  const page = await context.newPage()
  await page.goto(url)
  await untilShown(page)
  const quickInput = quickInputOf(page)

  return {
    page,
    statusBar: statusBarOf(page),
    notifications: notificationsOf(page),
    quickInput,
    dialogs: dialogsOf(page),
    workbench: page.locator('.monaco-workbench'),
    async runCommand(title) {
      await quickInput.openCommands()
      await quickInput.type(`>${title}`)
      await quickInput.pick(title)
    },
    async opensPage(action) {
      const [opened] = await Promise.all([context.waitForEvent('page'), action()])
      await opened.waitForLoadState('domcontentloaded')
      return opened
    },
    async reload() {
      await page.reload()
      await untilShown(page)
    },
    focus: () => page.bringToFront(),
    async setFocused(focused) {
      await page.evaluate((hasFocus) => {
        // biome-ignore lint/suspicious/noExplicitAny: a browser's globals, of which this program has no types
        const window = globalThis as any
        window.document.hasFocus = () => hasFocus
        window.dispatchEvent(new window.Event(hasFocus ? 'focus' : 'blur'))
      }, focused)
    },
    async screenshot(name) {
      await mkdir(ARTIFACTS, { recursive: true })
      const path = `${ARTIFACTS}${name}.png`
      await page.screenshot({ path })
      return path
    },
    close: () => page.close({ runBeforeUnload: false }),
  }
}

async function untilShown(page: Page): Promise<void> {
  await page.locator('.monaco-workbench').waitFor({ timeout: SHOWN_WITHIN_MS })
  await page.locator('.part.statusbar .statusbar-item').first().waitFor({ timeout: SHOWN_WITHIN_MS })
}
