import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { shareDashboard } from './support/shared-dashboard.ts'

const dashboard = shareDashboard()

it('what was just done stands in the log in words, with what else is known of it', async () => {
  const { meter, operator } = dashboard()
  const { id } = await addUser('told@example.com')
  const page = await operator()
  await page.goto(`/users/${id}`)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Disable' }).click()
  await page.getByText('told@example.com is disabled.').waitFor()
  await page.getByRole('button', { name: 'Plan and limits' }).click()
  const dialog = page.getByRole('dialog', { name: 'Plan and limits of told@example.com' })
  await dialog.getByRole('combobox', { name: 'Plan', exact: true }).selectOption('pro')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await meter.admin('PUT', '/api/admin/plans/told', { limits: [] })
  await meter.admin('DELETE', '/api/admin/plans/told')
  await meter.admin('POST', `/api/admin/users/${id}/corrections`, { usage: 3, reason: 'A gift' })

  await page.getByRole('link', { name: 'Audit log' }).first().click()
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor()
  for (const sentence of [
    'The operator disabled told@example.com',
    'The operator gave told@example.com the plan pro',
    'The operator changed the plan told',
    'The operator deleted the plan told',
    'The operator corrected the usage of told@example.com by +3 prompts',
    'The operator signed in to the dashboard by a link',
    'The operator added told@example.com',
  ])
    await row(page, sentence).waitFor()

  await page.getByRole('button', { name: 'Show the details: The operator disabled told@example.com' }).click()
  await page.getByRole('definition').filter({ hasText: 'user_changed' }).waitFor()
  await page.getByRole('link', { name: 'Show everything done to them' }).click()
  await page.waitForURL(`**/audit?user=${id}`)
  await row(page, 'The operator deleted the plan told').waitFor({ state: 'detached' })
  expect(await sentences(page)).toEqual([
    'The operator corrected the usage of told@example.com by +3 prompts',
    'The operator gave told@example.com the plan pro',
    'The operator disabled told@example.com',
    expect.stringContaining('The operator added told@example.com'),
  ])
})

it('filters say what is shown, stand in the address, and are undone by going back', async () => {
  const { meter, operator } = dashboard()
  const { id } = await addUser('watched@example.com')
  await meter.admin('PATCH', `/api/admin/users/${id}`, { threshold: 42 })
  const page = await operator()
  await page.goto('/audit')
  await page.getByRole('combobox', { name: 'What' }).selectOption('User changed')
  await page.waitForURL('**/audit?action=user_changed')
  const done = page.getByRole('textbox', { name: 'Done to' })
  await done.fill('nobody@example.com')
  await done.press('Enter')
  await page.getByText('No user has this address.').waitFor()
  await done.fill('Watched@example.com')
  await done.press('Enter')
  await page.waitForURL(`**/audit?action=user_changed&user=${id}`)
  const changed = 'The operator gave watched@example.com a threshold of 42'
  await page.waitForTimeout(3000)
  await expect.poll(() => sentences(page)).toEqual([changed])
  await page.reload()
  await expect.poll(() => sentences(page)).toEqual([changed])
  expect(await done.inputValue()).toBe('watched@example.com')

  await page.getByRole('combobox', { name: 'What' }).selectOption('Everything')
  await expect
    .poll(() => sentences(page))
    .toEqual([changed, expect.stringContaining('The operator added watched@example.com')])
  await page.goBack()
  await expect.poll(() => sentences(page)).toEqual([changed])

  await page.getByLabel('To', { exact: true }).fill('2020-01-01')
  await page.getByText('Nothing fits').waitFor()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.waitForURL('**/audit')
  await row(page, changed).waitFor()
})

it('older events are a page away, as the API has them, and the newest one click back', async () => {
  const { meter, operator } = dashboard()
  // Nobody signs in by mail in these tests, so that nothing new comes between.
  const query = 'action=sign_in'
  const first = await meter.admin('GET', `/api/admin/audit?${query}`)
  expect(first.nextCursor).not.toBeNull()
  const second = await meter.admin('GET', `/api/admin/audit?${query}&cursor=${first.nextCursor}`)
  const page = await operator()
  await page.goto(`/audit?${query}`)
  await untilShown(page, first.events)
  await page.getByRole('link', { name: 'Older' }).click()
  await untilShown(page, second.events)
  await page.getByRole('link', { name: 'Newest' }).click()
  await untilShown(page, first.events)
  await page.goBack()
  await untilShown(page, second.events)
})

it('the exported file holds the events that the filters show', async () => {
  const { meter, operator } = dashboard()
  const { id } = await addUser('exported@example.com')
  await meter.admin('PATCH', `/api/admin/users/${id}`, { disabled: true })
  const page = await operator()
  await page.goto(`/audit?user=${id}`)
  await row(page, 'The operator disabled exported@example.com').waitFor()
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export these as CSV' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/^promptmeter-audit-\d{4}-\d\d-\d\d\.csv$/)
  const [header = '', ...lines] = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/)
  const column = header.split(',').indexOf('action')
  expect(lines.map((line) => line.split(',')[column]).sort()).toEqual(['user_added', 'user_changed'])
  await page.goto('/audit')
  await row(page, 'The operator exported the audit log').waitFor()
})

function addUser(email: string): Promise<{ readonly id: string }> {
  return dashboard().meter.admin('POST', '/api/admin/users', { email })
}

const row = (page: Page, sentence: string) => page.getByRole('row').filter({ hasText: sentence }).first()

/** What happened, event by event. */
async function sentences(page: Page): Promise<string[]> {
  const rows = await page
    .getByRole('row')
    .filter({ has: page.getByRole('button') })
    .all()
  return Promise.all(rows.map((each) => each.getByRole('cell').nth(1).innerText()))
}

interface ShownEvent {
  readonly at: string
}

/** Until the table holds these very events, by the moment of each. */
async function untilShown(page: Page, events: readonly ShownEvent[]): Promise<void> {
  const moments = () =>
    page
      .getByRole('row')
      .getByRole('time')
      .evaluateAll((times) => times.map((time) => time.getAttribute('datetime')))
  await expect.poll(moments).toEqual(events.map(({ at }) => at))
}
