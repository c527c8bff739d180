import type { Locator, Page, Response } from 'playwright-core'
import { expect, it } from 'vitest'
import { exactNumber, shortNumber } from '../../packages/dashboard/src/shown/numbers.ts'
import { apiKeyOf, chat, shareDashboard } from './support/shared-dashboard.ts'

const dashboard = shareDashboard()

/** The page asks every ten seconds; refusals are written within ten more. */
const REFRESHED = { timeout: 40_000 }

it('the tiles tell what the API counts, for every range and for days that somebody chooses', async () => {
  const page = await dashboard().operator()
  const range = page.getByRole('radiogroup', { name: 'Range' })
  await untilTilesTell(page, await askedBy(page, () => page.reload()), 'day', 30)
  for (const [name, interval, buckets] of [
    ['Day', 'hour', 24],
    ['Week', 'day', 7],
    ['Year', 'month', 12],
  ] as const) {
    const asked = await askedBy(page, () => range.getByText(name, { exact: true }).click())
    await untilTilesTell(page, asked, interval, buckets)
    expect(new URL(page.url()).search).toBe(`?range=${name.toLowerCase()}`)
  }

  await range.getByText('Custom', { exact: true }).click()
  const [first, last] = [page.getByLabel('First day, in UTC'), page.getByLabel('Last day, in UTC')]
  const [from, to] = [daysAgo(20), daysAgo(11)]
  await first.fill(to)
  await last.fill(from)
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.getByText('The first day must not be after the last.').waitFor()
  await first.fill(from)
  await last.fill(to)
  const asked = await askedBy(page, () => page.getByRole('button', { name: 'Apply' }).click())
  expect([asked.get('from'), asked.get('to')]).toEqual([from, daysAgo(10)])
  await untilTilesTell(page, asked, 'day', 10)
  await untilTilesTell(page, await askedBy(page, () => page.reload()), 'day', 10)
})

it('however usage is split, the rows of the table sum up to all of it', async () => {
  const page = await dashboard().operator()
  const split = page.getByRole('radiogroup', { name: 'Split' })
  const meters = page.getByRole('radiogroup', { name: 'Meter' })
  for (const [meter, field] of [
    ['Tokens', 'tokenCount'],
    ['Prompts', 'promptCount'],
  ] as const) {
    await meters.getByText(meter, { exact: true }).click()
    for (const by of ['model', 'source', 'plan']) {
      await split.getByText(`By ${by}`, { exact: true }).click()
      const table = page.getByRole('table', { name: `${meter} by ${by}` })
      const total = (await overviewOf(new URLSearchParams({ from: daysAgo(29), interval: 'day' })))[field]
      await expect.poll(async () => sum(await amountsOf(table))).toBe(total)
      expect((await amountsOf(table)).length).toBeGreaterThan(1)
    }
  }
})

it('what is counted meanwhile appears without anybody loading the page again', async () => {
  const { meter, operator, member } = dashboard()
  const apiKey = await apiKeyOf(await member('busy@example.com'))
  const page = await operator()
  await askedBy(page, () =>
    page.getByRole('radiogroup', { name: 'Range' }).getByText('Day', { exact: true }).click(),
  )
  const prompts = tile(page, 'Prompts')
  await page.getByText(/^Updated \d+ s ago$/).waitFor()
  const query = new URLSearchParams({ from: hoursAgo(23), interval: 'hour' })
  const { promptCount } = await overviewOf(query)
  await prompts.getByText(shortNumber(promptCount), { exact: true }).waitFor()
  await meter.server.track(apiKey, { usage: 54_321, model: 'gpt-5-mini' })
  await prompts.getByText(shortNumber(promptCount + 54_321), { exact: true }).waitFor(REFRESHED)
})

it('users near a limit are named, and a click away', async () => {
  const { meter, operator } = dashboard()
  const page = await operator()
  const { users } = await meter.admin('GET', '/api/admin/users?standing=near&sort=lastUsedAt&order=desc')
  const panel = page.getByRole('region', { name: 'Near or at a limit' })
  await panel.getByRole('link', { name: users[0].email }).waitFor()
  await page.getByRole('link', { name: /^Near a limit/ }).click()
  await page.waitForURL('**/users?standing=near')
  const newest = await meter.admin('GET', '/api/admin/users?standing=near&sort=createdAt&order=desc')
  await page.getByRole('link', { name: newest.users[0].email }).waitFor()
  expect(await page.getByRole('combobox', { name: 'Limit used' }).inputValue()).toBe('near')
})

it('a call that a limit refused is among the refusals soon after', async () => {
  const { meter, operator, member } = dashboard()
  const apiKey = await apiKeyOf(await member('stopped@example.com'))
  const { users } = await meter.admin('GET', '/api/admin/users?email=stopped@example.com')
  await meter.admin('PATCH', `/api/admin/users/${users[0].id}`, { threshold: 0 })
  const page = await operator()
  await page.goto('/?range=day')
  const refusals = page.getByRole('region', { name: 'Refusals' })
  const { refusals: before } = await overviewOf(new URLSearchParams({ from: hoursAgo(23), interval: 'hour' }))
  const counted =
    before.find(({ code }: { readonly code: string }) => code === 'insufficient_quota')?.count ?? 0
  const refused = await Promise.all(Array.from({ length: 3 }, () => chat(meter, apiKey)))
  expect(refused.map(({ status }) => status)).toEqual([429, 429, 429])
  await refusals
    .getByRole('listitem')
    .filter({ hasText: 'A limit was reached' })
    .getByText(shortNumber(counted + 3), { exact: true })
    .waitFor(REFRESHED)
})

it('a page that nobody looks at asks for nothing, and does at once when somebody looks again', async () => {
  const page = await dashboard().operator()
  await page.clock.install()
  await page.reload()
  await page.getByText(/^Updated/).waitFor()
  let asked = 0
  page.on('request', (request) => {
    if (isOverview(request.url())) asked += 1
  })
  await answered(page, () => page.clock.fastForward(11_000))
  expect(asked).toBe(1)
  await show(page, 'hidden')
  await page.clock.runFor(60_000)
  expect(asked).toBe(1)
  await answered(page, () => show(page, 'visible'))
  expect(asked).toBe(2)
})

/** As the browser tells a page that its tab is in front, or not any more. */
async function show(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  `)
}

const isOverview = (url: string) => new URL(url).pathname === '/api/admin/overview'

async function answered(page: Page, act: () => Promise<unknown>): Promise<Response> {
  const answer = page.waitForResponse((response) => isOverview(response.url()))
  await act()
  return answer
}

/** What the page asks of the API because of an act. */
async function askedBy(page: Page, act: () => Promise<unknown>): Promise<URLSearchParams> {
  return new URL((await answered(page, act)).url()).searchParams
}

function overviewOf(query: URLSearchParams) {
  return dashboard().meter.admin('GET', `/api/admin/overview?${query}`)
}

const tile = (page: Page, name: string) =>
  page.getByRole('region', { name: 'In all' }).getByText(name, { exact: true }).locator('..')

async function untilTilesTell(page: Page, query: URLSearchParams, interval: string, buckets: number) {
  const overview = await overviewOf(query)
  expect([overview.interval, overview.buckets.length]).toEqual([interval, buckets])
  const { promptCount, tokenCount, costMicros, activeUsers, users } = overview
  for (const [name, text] of [
    ['Prompts', shortNumber(promptCount)],
    ['Tokens', shortNumber(tokenCount)],
    ['Cost', shortNumber(costMicros, 'cost')],
    ['Active users', shortNumber(activeUsers)],
    ['Active users', `of ${shortNumber(users.total)}`],
    ['Near a limit', shortNumber(users.near)],
    ['At a limit', shortNumber(users.reached)],
  ] as const)
    await tile(page, name).getByText(text, { exact: true }).waitFor()
  const written = tile(page, 'Tokens').getByTitle(exactNumber(tokenCount), { exact: true })
  if (shortNumber(tokenCount) !== exactNumber(tokenCount)) await written.waitFor()
}

/** The numbers of the second column, with every digit. */
function amountsOf(table: Locator): Promise<number[]> {
  return table
    .getByRole('row')
    .filter({ has: table.page().getByRole('rowheader') })
    .evaluateAll((rows) =>
      rows.map((row) => {
        const amount = row.querySelector('td .number')
        return Number((amount?.getAttribute('title') ?? amount?.textContent ?? '').replaceAll(',', ''))
      }),
    )
}

const sum = (amounts: readonly number[]) => amounts.reduce((all, each) => all + each, 0)

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)
}

/** At the full hour. */
function hoursAgo(hours: number): string {
  const hour = 60 * 60 * 1000
  return new Date((Math.floor(Date.now() / hour) - hours) * hour).toISOString()
}
