import type { Page } from 'playwright-core'

export interface DialogTexts {
  readonly message: string
  /** Below the message, empty where there is none. */
  readonly detail: string
  readonly buttons: readonly string[]
}

/** Questions that stand before the whole window, such as whether an extension may sign in. */
export interface Dialogs {
  /** The one that is open, once one is. */
  find(): Promise<DialogTexts>
  /** Presses a button of it and waits until it is gone. */
  press(button: string): Promise<void>
  isOpen(): Promise<boolean>
}

export function dialogsOf(page: Page): Dialogs {
  const box = page.locator('.monaco-dialog-box')
  return {
    async find() {
      await box.waitFor()
      return box.evaluate((element) => {
        const text = (selector: string) => element.querySelector(selector)?.textContent?.trim() ?? ''
        // A message alone stands where the detail would.
        const message = text('.dialog-message-text')
        const detail = text('.dialog-message-detail')
        return {
          message: message || detail,
          detail: message ? detail : '',
          buttons: [...element.querySelectorAll('.dialog-buttons .monaco-button')].map(
            (button) => button.textContent?.trim() ?? '',
          ),
        }
      })
    },
    async press(button) {
      await box.getByRole('button', { name: button, exact: true }).click()
      await box.waitFor({ state: 'hidden' })
    },
    isOpen: () => box.isVisible(),
  }
}
