import type { Page } from 'playwright-core'

const OPENS_WITHIN_MS = 2_000
const OPEN_TRIES = 15

export interface QuickPickItem {
  readonly label: string
  /** Beside the label. */
  readonly description: string
  /** Below it. */
  readonly detail: string
}

/** The box on top: commands, quick picks, and questions for a text. */
export interface QuickInput {
  /** Opens the list of commands. */
  openCommands(): Promise<void>
  /** Puts a text in place of what is in the box. */
  type(text: string): Promise<void>
  /** What is written above the box, empty where nothing is. */
  title(): Promise<string>
  placeholder(): Promise<string>
  /** What the box says about its text: the prompt, or why it is refused. */
  message(): Promise<string>
  /** The items of the quick pick, once this one is among them. Long lists are cut to what can be seen. */
  items(among: string | RegExp): Promise<readonly QuickPickItem[]>
  /** Chooses an item by its label, once there is one. */
  pick(label: string | RegExp): Promise<void>
  /** Accepts the text. */
  accept(): Promise<void>
  cancel(): Promise<void>
  /** Resolves once a box is open. */
  untilOpen(): Promise<void>
}

export function quickInputOf(page: Page): QuickInput {
  const widget = page.locator('.quick-input-widget:visible')
  const box = widget.locator('.quick-input-box input')
  const rows = widget.locator('.quick-input-list .monaco-list-row')
  const texts = (selector: string) => widget.locator(selector).first().innerText()

  return {
    async openCommands() {
      // Keys that come before the workbench listens are lost.
      for (let tries = 1; ; tries++) {
        await page.keyboard.press('F1')
        try {
          await box.waitFor({ timeout: OPENS_WITHIN_MS })
          return
        } catch (error) {
          if (tries === OPEN_TRIES) throw error
        }
      }
    },
    type: (text) => box.fill(text),
    title: () => texts('.quick-input-title'),
    placeholder: async () => (await box.getAttribute('placeholder')) ?? '',
    message: () => texts('.quick-input-message'),
    async items(among) {
      await rows.filter({ hasText: among }).first().waitFor()
      return rows.evaluateAll((elements) =>
        elements.map((element) => {
          const text = (selector: string) => element.querySelector(selector)?.textContent?.trim() ?? ''
          return {
            label: text('.quick-input-list-row:first-child .label-name'),
            description: text('.quick-input-list-row:first-child .label-description'),
            detail: text('.quick-input-list-label-meta'),
          }
        }),
      )
    },
    async pick(label) {
      const name = page
        .locator('.label-name')
        .filter({ hasText: typeof label === 'string' ? exactly(label) : label })
      await rows.filter({ has: name }).first().click()
    },
    accept: () => box.press('Enter'),
    cancel: () => page.keyboard.press('Escape'),
    untilOpen: () => widget.waitFor(),
  }
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${RegExp.escape(text)}\\s*$`)
}
