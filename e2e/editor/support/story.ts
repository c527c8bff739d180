import { cpSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { inject } from 'vitest'
import { startChromium } from '../../../packages/server/test/support/chromium.ts'
import { ARTIFACTS } from '../../support/artifacts.ts'
import { signIn, untilBackInEditor } from '../../support/browser-sign-in.ts'
import { type Promptmeter, startPromptmeter } from '../../support/promptmeter.ts'
import { type CodeServer, startCodeServer } from './code-server.ts'
import { type EditorWindow, openWindow } from './editor-window.ts'

/** The extensions under test: the example that is built on the kit, and the extension of the project. */
export const EXTENSIONS = {
  hello: { usage: 'promptmeter-examples.hello.usage', category: 'Hello', setting: 'hello.serverUrl' },
  promptmeter: {
    usage: 'promptmeter.promptmeter.usage',
    category: 'Promptmeter',
    setting: 'promptmeter.serverUrl',
  },
} as const

export interface StoryOptions {
  readonly extension: keyof typeof EXTENSIONS
  readonly environment?: Readonly<Record<string, string>>
  readonly settings?: Readonly<Record<string, unknown>>
  /** Opens a folder that nobody trusts, where it would be no window without a folder. */
  readonly workspaceTrust?: boolean
  readonly port?: number
}

/** A server, an editor with one packaged extension, and the browser of one person. Everything is new for each story. */
export interface Story {
  readonly meter: Promptmeter
  readonly editor: CodeServer
  readonly context: BrowserContext
  /** The id of the extension's item in the status bar. */
  readonly usage: string
  open(): Promise<EditorWindow>
  /** Runs a command of the extension. */
  run(window: EditorWindow, title: string): Promise<void>
  /** Signs in by a mailed code through the page that the editor opens. */
  signIn(window: EditorWindow, email: string): Promise<void>
  /** Ends all of it. Where the test has failed, first keeps `artifacts/failed-<n>.png` of every page that is open. */
  close(failed: boolean): Promise<void>
}

export async function startStory(options: StoryOptions): Promise<Story> {
  const { extension, environment, settings = {}, ...rest } = options
  const trust = options.workspaceTrust === true
  const { usage, category, setting } = EXTENSIONS[extension]
  const folder = await mkdtemp(join(tmpdir(), 'promptmeter-editor-'))
  const folders = { extensionsDir: join(folder, 'extensions'), userDataDir: join(folder, 'user') }
  const project = join(folder, 'project')
  await mkdir(project)
  let browser: Browser | undefined
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
  const close = async (failed: boolean) => {
    const pages = failed ? (browser?.contexts().flatMap((context) => context.pages()) ?? []) : []
    for (const [index, page] of pages.entries()) {
      await page.screenshot({ path: `${ARTIFACTS}failed-${index + 1}.png` }).catch(() => {})
    }
    for (const end of ends.reverse()) await end()
  }
  try {
    cpSync(inject('installed')[extension], folders.extensionsDir, { recursive: true })
    const dataDir = join(folder, 'data')
    cpSync(inject('emptyDatabase'), join(dataDir, 'postgres'), { recursive: true })
    const meter = await startPromptmeter({ DATA_DIR: dataDir, ...environment })
    ends.push(meter.close)
    const editor = await startCodeServer({
      ...folders,
      ...rest,
      settings: { [setting]: meter.url, ...settings },
    })
    ends.push(editor.close)
    browser = await startChromium()
    ends.push(browser.close.bind(browser))
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const run = (window: EditorWindow, title: string) => window.runCommand(`${category}: ${title}`)
    return {
      meter,
      editor,
      context,
      usage,
      async open() {
        const window = await openWindow(context, `${editor.url}/${trust ? `?folder=${project}` : '?ew=true'}`)
        // Once the extension knows where its user stands.
        await window.statusBar.find(usage, /Sign in|prompts|Offline/)
        return window
      },
      run,
      async signIn(window, email) {
        const page = await window.opensPage(() => run(window, 'Sign In'))
        await signIn(page, meter.mails, email)
        await untilBackInEditor(page)
        await page.close()
        await window.notifications.find(`signed in as ${email}`)
      },
      close,
    }
  } catch (error) {
    await close(true)
    throw error
  }
}
