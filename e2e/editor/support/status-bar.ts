import type { Locator, Page } from 'playwright-core'

export interface StatusItem {
  /** With `$(icons)` left out. */
  readonly text: string
  /** What a screen reader says. */
  readonly label: string
  readonly kind: 'error' | 'warning' | 'prominent' | 'normal'
}

/** The line at the bottom. Items are named by the id in the page, `<publisher>.<extension>.<item>`, or by their text. */
export interface StatusBar {
  /** The item, once it is shown, and says `saying` where that is given. */
  find(item: string | RegExp, saying?: string | RegExp): Promise<StatusItem>
  click(item: string | RegExp): Promise<void>
  /** What is shown while the pointer rests on it. */
  hover(item: string | RegExp): Promise<string>
  /** The hover itself, to press the links in it. */
  openHover(item: string | RegExp): Promise<Locator>
  /** The element of an item. */
  locate(item: string | RegExp): Locator
}

export function statusBarOf(page: Page): StatusBar {
  const items = page.locator('.part.statusbar .statusbar-item')
  const locate = (item: string | RegExp): Locator =>
    typeof item === 'string'
      ? page.locator(`.part.statusbar .statusbar-item[id="${item}"]`)
      : items.filter({ hasText: item }).first()

  const openHover = async (item: string | RegExp): Promise<Locator> => {
    // Where the pointer rests already no hover would come.
    await page.mouse.move(400, 300)
    await locate(item).hover()
    const hover = page.locator('.workbench-hover-container .monaco-hover:visible').last()
    await hover.waitFor()
    return hover
  }

  return {
    locate,
    async find(item, saying) {
      const found = saying === undefined ? locate(item) : locate(item).filter({ hasText: saying })
      await found.waitFor()
      return found.evaluate((element) => {
        const has = (name: string) => element.classList.contains(name)
        const kind = (['error', 'warning', 'prominent'] as const).find((name) => has(`${name}-kind`))
        return {
          text: element.textContent?.trim() ?? '',
          label: element.querySelector('[aria-label]')?.getAttribute('aria-label') ?? '',
          kind: kind ?? 'normal',
        }
      })
    },
    click: (item) => locate(item).click(),
    openHover,
    hover: async (item) => (await openHover(item)).innerText(),
  }
}
