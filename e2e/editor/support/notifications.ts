import type { Locator, Page } from 'playwright-core'

export interface Notification {
  readonly text: string
  /** What its buttons say, in their order. */
  readonly buttons: readonly string[]
  readonly severity: 'info' | 'warning' | 'error' | 'none'
}

/** The messages in the corner. */
export interface Notifications {
  /** The one that says this, once it is shown. */
  find(text: string | RegExp): Promise<Notification>
  /** All that are shown now. */
  shown(): Promise<readonly Notification[]>
  /** Presses a button of the one that says this. */
  press(text: string | RegExp, button: string): Promise<void>
  dismiss(text: string | RegExp): Promise<void>
  /** Resolves once none that says this is shown any more. */
  untilGone(text: string | RegExp): Promise<void>
}

export function notificationsOf(page: Page): Notifications {
  const toasts = page.locator('.notifications-toasts .notification-list-item')
  const toast = (text: string | RegExp) => toasts.filter({ hasText: text }).first()

  return {
    async find(text) {
      await toast(text).waitFor()
      return read(toast(text))
    },
    async shown() {
      return Promise.all((await toasts.all()).map(read))
    },
    async press(text, button) {
      await toast(text).getByRole('button', { name: button, exact: true }).click()
    },
    async dismiss(text) {
      await toast(text).hover()
      await toast(text).locator('.codicon-notifications-clear, .codicon-close').first().click()
    },
    untilGone: (text) => toast(text).waitFor({ state: 'hidden' }),
  }
}

async function read(toast: Locator): Promise<Notification> {
  return toast.evaluate((element) => {
    const text = (selector: string) => element.querySelector(selector)?.textContent?.trim() ?? ''
    const icon = element.querySelector('.notification-list-item-icon')?.className ?? ''
    const severity = (['error', 'warning', 'info'] as const).find((name) => icon.includes(`codicon-${name}`))
    return {
      text: text('.notification-list-item-message'),
      buttons: [...element.querySelectorAll('.notification-list-item-buttons-container .monaco-button')]
        .map((button) => button.textContent?.trim() ?? '')
        .filter((name) => name !== ''),
      severity: severity ?? 'none',
    }
  })
}
