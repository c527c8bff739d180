import { gzipSync } from 'node:zlib'
import type { Locator, Page, Response } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Dashboard, openDashboard } from './support/dashboard.ts'

const MOST_SCRIPT_BYTES = 250_000
const MOST_SHIFT = 0.1

let dashboard: Dashboard
let failed = false
let operator: Page
let member: Page
let activeId: string
const loads = new Map<Page, Load>()

beforeAll(async () => {
  dashboard = await openDashboard()
  const query = 'sort=promptCount&order=desc&disabled=false&limit=1'
  const { users } = await dashboard.meter.admin('GET', `/api/admin/users?${query}`)
  activeId = users[0].id
  operator = await dashboard.operator()
  member = await dashboard.member(users[0].email)
})
afterEach(({ task }) => {
  failed ||= task.result?.state === 'fail'
})
afterAll(() => dashboard?.close(failed))

interface Load {
  readonly document: Response
  readonly scripts: readonly Response[]
  readonly hosts: ReadonlySet<string>
}

/** Opens an address, once for each page, and tells what it asked for until nothing more came. */
async function firstLoad(page: Page, path: string): Promise<Load> {
  const known = loads.get(page)
  if (known !== undefined) return known
  const scripts: Response[] = []
  const hosts = new Set<string>()
  page.on('request', (request) => hosts.add(new URL(request.url()).origin))
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response)
  })
  const document = (await page.goto(path)) as Response
  await page.getByRole('figure').first().waitFor()
  await settled(page)
  await page.waitForLoadState('networkidle')
  const load = { document, scripts: [...scripts], hosts }
  loads.set(page, load)
  return load
}

/** Nothing stands for something that is still to come. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' })
}

describe.each([
  ['the overview of an operator', '/', () => operator],
  ['the usage of a member', '/usage', () => member],
] as const)('%s', (_name, path, pageOf) => {
  it('loads scripts of 250 kB at most', async () => {
    const { scripts } = await firstLoad(pageOf(), path)
    const sizes = new Map<string, number>()
    for (const script of scripts) {
      sizes.set(new URL(script.url()).pathname, gzipSync(await script.body(), { level: 9 }).length)
    }
    expect(sizes.size).toBeGreaterThan(3)
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    expect(bytes, JSON.stringify([...sizes])).toBeLessThanOrEqual(MOST_SCRIPT_BYTES)
  })

  it('runs no script that stands in the page, and styles by its nonce alone', async () => {
    const page = pageOf()
    const { document } = await firstLoad(page, path)
    const policy = document.headers()['content-security-policy'] ?? ''
    const nonce = /style-src [^;]*'nonce-([^']+)'/.exec(policy)?.[1]
    expect(nonce).toMatch(/^[\w+/=-]{20,}$/)
    const inline = await page.evaluate<number>('document.querySelectorAll("script:not([src])").length')
    expect(inline).toBe(0)
    const nonces = await page.evaluate<string[]>(
      '[...document.querySelectorAll("style")].map((style) => style.nonce)',
    )
    expect(nonces.length).toBeGreaterThan(0)
    expect(new Set(nonces)).toEqual(new Set([nonce]))
  })

  it('asks no other host for anything', async () => {
    const { hosts } = await firstLoad(pageOf(), path)
    expect([...hosts]).toEqual([dashboard.meter.url])
  })
})

it.each(['/', '/users', '/users/:id', '/users/import', '/plans', '/plans?new=1', '/prices', '/audit'])(
  '%s moves nothing about while it loads',
  async (path) => {
    await firstLoad(operator, '/')
    await operator.goto(path.replace(':id', activeId))
    await settled(operator)
    expect(await layoutShift(operator)).toBeLessThan(MOST_SHIFT)
  },
)

it('/usage moves nothing about while it loads', async () => {
  await firstLoad(member, '/usage')
  await member.goto('/usage')
  await settled(member)
  expect(await layoutShift(member)).toBeLessThan(MOST_SHIFT)
})

/** All shifts since the page began that nobody's hand caused. */
function layoutShift(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    new PerformanceObserver((list) => {
      const shifts = list.getEntries().filter(({ entryType, hadRecentInput }) => entryType === 'layout-shift' && !hadRecentInput)
      resolve(shifts.reduce((sum, { value }) => sum + value, 0))
    }).observe({ type: 'layout-shift', buffered: true })
    // Without a single one the observer is never told.
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(0))))
  })`)
}

it('is walked by the keyboard alone: past the navigation, through it, over filters, into a dialog and back', async () => {
  const page = operator
  await page.goto('/')
  await settled(page)
  await page.keyboard.press('Tab')
  expect(await hasFocus(page.getByRole('link', { name: 'Skip to the content' }))).toBe(true)
  await page.keyboard.press('Enter')
  expect(await hasFocus(page.getByRole('main'))).toBe(true)

  await page.reload()
  await settled(page)
  await tabTo(page, page.getByRole('link', { name: 'Users', exact: true }))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
  await settled(page)

  const filters = page.getByRole('region', { name: 'Filters' })
  await tabTo(page, filters.getByRole('searchbox', { name: 'Search' }))
  await page.keyboard.type('example.com')
  await page.keyboard.press('Enter')
  await page.waitForURL(/search=example\.com/)
  await tabTo(page, filters.getByRole('combobox', { name: 'Limit used' }))
  await page.keyboard.press('ArrowDown')
  await page.waitForURL(/standing=near/)
  await page.getByRole('heading', { name: 'Users that fit' }).waitFor()

  const invite = page.getByRole('button', { name: 'Invite user' })
  await tabTo(page, invite, 'Shift+Tab')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Invite user' })
  await untilFocused(dialog.getByRole('textbox', { name: 'Email' }))
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await untilFocused(invite)
})

it('has the rest of My usage, which is loaded as it comes into view, within reach of the keyboard', async () => {
  await member.goto('/usage')
  await settled(member)
  await tabTo(member, member.getByRole('button', { name: 'Create a key' }))
})

async function tabTo(page: Page, wanted: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press(key)
    if (await hasFocus(wanted)) return
  }
  throw new Error(`${key} does not lead to ${wanted}`)
}

async function hasFocus(element: Locator): Promise<boolean> {
  if ((await element.count()) === 0) return false
  return element.evaluate((node) => node.ownerDocument.activeElement === node)
}

/** Focus moves once a dialog has drawn. */
async function untilFocused(element: Locator): Promise<void> {
  await expect.poll(() => hasFocus(element), { timeout: 10_000 }).toBe(true)
}

it('keeps range, meter and split of the overview in the address, where going back undoes them', async () => {
  const page = operator
  await page.goto('/')
  await settled(page)
  const choose = (group: string, choice: string) =>
    page.getByRole('radiogroup', { name: group }).getByText(choice, { exact: true }).click()
  await choose('Range', 'Year')
  await page.getByRole('figure', { name: /^Prompts by month/ }).waitFor()
  await choose('Meter', 'Cost')
  await page.getByRole('figure', { name: /^Cost by month/ }).waitFor()
  await choose('Split', 'By plan')
  await page.getByRole('table', { name: 'Cost by plan' }).waitFor()
  expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
    range: 'year',
    meter: 'cost',
    by: 'plan',
  })

  await page.reload()
  await page.getByRole('table', { name: 'Cost by plan' }).waitFor()
  await page.goBack()
  await page.getByRole('table', { name: 'Cost by month' }).waitFor()
  await page.goBack()
  await page.getByRole('table', { name: 'Prompts by month' }).waitFor()
  await page.goBack()
  await page.getByRole('table', { name: 'Prompts by day' }).waitFor()
  expect(new URL(page.url()).search).toBe('')
})

it('is dark from the first paint on where dark was chosen, whatever the system says', async () => {
  const page = operator
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/plans')
  await page.getByRole('radiogroup', { name: 'Appearance' }).getByTitle('Dark').click()
  // Asked when the body begins: nothing has been drawn before it.
  await page.addInitScript(`new MutationObserver((_, observer) => {
    if (document.body === null) return
    observer.disconnect()
    globalThis.schemeAtFirst = document.documentElement.dataset.mantineColorScheme
  }).observe(document, { childList: true, subtree: true })`)
  await page.reload({ waitUntil: 'domcontentloaded' })
  expect(await page.evaluate('globalThis.schemeAtFirst')).toBe('dark')
  await settled(page)
  expect(await page.evaluate('document.documentElement.dataset.mantineColorScheme')).toBe('dark')
  expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true)
})
