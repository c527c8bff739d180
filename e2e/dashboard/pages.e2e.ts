import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, expectFitting } from '../../packages/server/test/support/page-checks.ts'
import { type Dashboard, openDashboard } from './support/dashboard.ts'
import { picture } from './support/watched-page.ts'

const SCHEMES = ['light', 'dark'] as const
const WIDTHS = [390, 1280, 1920]
/** Of a dialog, which is as wide on every large screen. */
const DIALOG_WIDTHS = [390, 1280]
/** Axe must not measure colours that are half faded in. */
const STILL = { reducedMotion: 'reduce' } as const

const FILE = {
  name: 'old-users.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(
    `email,plan,promptCount,tokenCount,createdAt
anna@example.com,pro,120,48000,2025-03-01
bruno@example.com,pro,7,,2025-04-12
not an address,pro,1,1,2025-04-12
carla@example.com,free,-3,10,2025-05-30
`,
  ),
}

let dashboard: Dashboard
let failed = false
let operator: Page
let member: Page
let stranger: Page
let active: { readonly id: string; readonly email: string }

beforeAll(async () => {
  dashboard = await openDashboard()
  const query = 'sort=promptCount&order=desc&disabled=false&limit=1'
  const { users } = await dashboard.meter.admin('GET', `/api/admin/users?${query}`)
  active = users[0]
  operator = await dashboard.operator(STILL)
  member = await dashboard.member(active.email, STILL)
  stranger = await dashboard.stranger(STILL)
})
afterEach(({ task }) => {
  failed ||= task.result?.state === 'fail'
})
afterAll(() => dashboard?.close(failed))

interface Shown {
  readonly name: string
  readonly path: string
  /** What is there once all of it is; a heading that no skeleton has. */
  readonly heading: string
  readonly by?: () => Page
  /** What is done before it is looked at. */
  readonly act?: (page: Page) => Promise<unknown>
}

const PAGES: readonly Shown[] = [
  { name: 'overview', path: '/?by=model', heading: 'Overview', act: (page) => figures(page, 2) },
  { name: 'users', path: '/users', heading: 'All users' },
  { name: 'user', path: '/users/:id', heading: 'Recent events', act: (page) => figures(page, 1) },
  {
    name: 'import',
    path: '/users/import',
    heading: 'The file',
    async act(page) {
      await page.getByLabel('CSV file').setInputFiles(FILE)
      await page.getByText(/^\d users? can be imported, \d lines? cannot\.$/).waitFor()
    },
  },
  { name: 'plans', path: '/plans', heading: 'pro' },
  { name: 'prices', path: '/prices', heading: 'Prices' },
  { name: 'audit', path: '/audit', heading: 'Events' },
  // An operator has no usage of their own.
  { name: 'nowhere', path: '/usage', heading: 'Nothing is here' },
  {
    name: 'my-usage',
    path: '/usage',
    heading: 'What is left',
    by: () => member,
    act: showAllOfMyUsage,
  },
  { name: 'welcome', path: '/usage', heading: 'Your usage, and what is left', by: () => stranger },
]

it.each(PAGES)('$name is open to everybody at every width, light and dark', async (shown) => {
  const { name, path, heading, by = () => operator, act } = shown
  const page = by()
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(path.replace(':id', active.id))
  await page.getByText(heading, { exact: true }).first().waitFor()
  await act?.(page)
  await expectSoundEverywhere(page, name, WIDTHS)
})

describe('dialogs are open to everybody on a phone and a desk, light and dark', () => {
  const fromUser = async (item: string): Promise<Locator> => {
    await operator.goto(`/users/${active.id}`)
    await operator.getByRole('button', { name: 'More' }).click()
    await operator.getByRole('menuitem', { name: item, exact: true }).click()
    return operator.getByRole('dialog')
  }
  it.each<[string, () => Promise<Locator>]>([
    [
      'invite',
      async () => {
        await operator.goto('/users')
        await operator.getByRole('button', { name: 'Invite user' }).click()
        return operator.getByRole('dialog', { name: 'Invite user' }).getByLabel('Plan')
      },
    ],
    [
      'limits',
      async () => {
        await operator.goto(`/users/${active.id}`)
        await operator.getByRole('button', { name: 'Plan and limits' }).click()
        return operator.getByRole('dialog').getByText('What changes')
      },
    ],
    ['correct', async () => (await fromUser('Correct usage')).getByLabel('Reason')],
    ['delete', async () => (await fromUser('Delete')).getByLabel(`Type ${active.email} to confirm`)],
    [
      'plan-editor',
      async () => {
        await operator.goto('/plans?edit=pro')
        return operator.getByRole('dialog', { name: 'Edit the plan pro' }).getByRole('button').last()
      },
    ],
    [
      'create-key',
      async () => {
        await member.goto('/usage')
        await showAllOfMyUsage(member)
        await member.getByRole('button', { name: 'Create a key' }).click()
        return member.getByRole('dialog', { name: 'Create an API key' }).getByLabel('Name')
      },
    ],
  ])('%s', async (name, open) => {
    const page = name === 'create-key' ? member : operator
    await page.setViewportSize({ width: 1280, height: 800 })
    const content = await open()
    await content.waitFor()
    await expectSoundEverywhere(page, `dialog-${name}`, DIALOG_WIDTHS)
  })
})

it('what cannot be asked for says so and what to do, at every width, light and dark', async () => {
  const page = operator
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto('/users')
  await page.getByRole('table').waitFor()
  const plan = page.getByRole('combobox', { name: 'Plan', exact: true })
  await plan.locator('option[value="pro"]').waitFor({ state: 'attached' })
  await dashboard.meter.goAway()
  try {
    await plan.selectOption('pro')
    await page.getByText('The server cannot be reached. Is it running?').waitFor()
    await expectSoundEverywhere(page, 'unreachable', WIDTHS)
  } finally {
    await dashboard.meter.comeBack()
  }
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('table').getByRole('link').first().waitFor()
})

/** Looks at what is shown by every rule, and keeps a picture: `artifacts/dashboard/<name>-<scheme>-<width>.png`. */
async function expectSoundEverywhere(page: Page, name: string, widths: readonly number[]): Promise<void> {
  await settled(page)
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 })
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      await drawn(page)
      await settled(page)
      const look = `${name}-${colorScheme}-${width}`
      // Behind a dialog the page is of no interest, and is not dimmed below the window either.
      await picture(page, look, widths === WIDTHS)
      expect(await page.evaluate('document.documentElement.dataset.mantineColorScheme'), look).toBe(
        colorScheme,
      )
      await expectFitting(page, look)
      // A wider page has the parts of this one, further apart.
      if (width <= 1280) await expectAccessible(page, look)
    }
  }
}

/** What is below the first view of it is loaded as it comes into view. */
async function showAllOfMyUsage(page: Page): Promise<void> {
  await figures(page, 1)
  await page.evaluate('scrollTo(0, document.body.scrollHeight)')
  await page.getByRole('heading', { name: 'Your data' }).waitFor()
  await settled(page)
  await page.evaluate('scrollTo(0, 0)')
}

async function figures(page: Page, count: number): Promise<void> {
  await page
    .getByRole('figure')
    .nth(count - 1)
    .waitFor()
}

/** Nothing stands for something that is still to come. */
async function settled(page: Page): Promise<void> {
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' })
}

/** Charts measure themselves in the frame after the one that changed their place. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
}
