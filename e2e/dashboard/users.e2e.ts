import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { addUser, shareDashboard } from './support/shared-dashboard.ts'

const dashboard = shareDashboard()

it('somebody is found among all users by typing a part of the address', async () => {
  const { meter, operator } = dashboard()
  await addUser(dashboard().meter, 'Quentin.Quartz@example.com')
  const page = await operator()
  await page.getByRole('link', { name: 'Users', exact: true }).click()
  await page.getByRole('searchbox', { name: 'Search' }).pressSequentially('n.QUARTZ@')
  await page.getByRole('status').filter({ hasText: '1 user ·' }).waitFor()
  expect(await shownUsers(page)).toEqual(['quentin.quartz@example.com'])
  expect(new URL(page.url()).searchParams.get('search')).toBe('n.QUARTZ@')

  await page.getByRole('link', { name: 'quentin.quartz@example.com' }).click()
  await page.getByRole('heading', { name: 'quentin.quartz@example.com', level: 1 }).waitFor()
  const { users } = await meter.admin('GET', '/api/admin/users?email=quentin.quartz@example.com')
  expect(new URL(page.url()).pathname).toBe(`/users/${users[0].id}`)
})

it('filters and the order show whom the API names, stand in the address, and are undone by going back', async () => {
  const { operator } = dashboard()
  const page = await operator()
  await page.goto('/users')
  await untilShown(page, 'sort=createdAt&order=desc')
  const choices = [
    ['Plan', 'pro', 'plan=pro'],
    ['Limit used', 'From 80%', 'standing=near'],
    ['State', 'Disabled', 'disabled=true'],
    ['Not used', 'For 30 days', 'inactiveDays=30'],
    ['Role', 'Admin', 'role=admin'],
  ] as const
  for (const [label, option, query] of choices) {
    const choice = page.getByRole('combobox', { name: label })
    await choice.selectOption(option)
    await untilShown(page, `${query}&sort=createdAt&order=desc`)
    expect(new URL(page.url()).search).toBe(`?${query}`)
    await page.goBack()
    await untilShown(page, 'sort=createdAt&order=desc')
    expect(await choice.inputValue()).toBe('')
  }

  const prompts = page.getByRole('columnheader', { name: 'Prompts' })
  await prompts.getByRole('button').click()
  await untilShown(page, 'sort=promptCount&order=desc')
  expect(await prompts.getAttribute('aria-sort')).toBe('descending')
  await prompts.getByRole('button').click()
  await untilShown(page, 'sort=promptCount&order=asc')
  await page.getByRole('combobox', { name: 'Plan' }).selectOption('trial')
  await untilShown(page, 'sort=promptCount&order=asc&plan=trial')
  await page.reload()
  await untilShown(page, 'sort=promptCount&order=asc&plan=trial')
  await page.getByRole('button', { name: 'Clear 1 filter' }).click()
  await untilShown(page, 'sort=promptCount&order=asc')
})

it('pages are turned forward and back, and each holds whom the API has there', async () => {
  const { meter, operator } = dashboard()
  const order = 'sort=email&order=asc'
  const page = await operator()
  await page.goto(`/users?${order}`)
  await untilShown(page, order)
  const pages = page.getByRole('navigation', { name: 'Pages' })
  const first = await meter.admin('GET', `/api/admin/users?${order}`)
  const second = `${order}&cursor=${encodeURIComponent(first.nextCursor)}`
  await pages.getByRole('button', { name: 'Next' }).click()
  await untilShown(page, second)
  await page.getByRole('status').filter({ hasText: '50 users on page 2' }).waitFor()
  await pages.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('status').filter({ hasText: 'on page 3' }).waitFor()
  await pages.getByRole('button', { name: 'Previous' }).click()
  await untilShown(page, second)
  await pages.getByRole('button', { name: 'Previous' }).click()
  await untilShown(page, order)
})

it('whoever is invited gets a mail, and signs in with the plan they were given', async () => {
  const { meter, operator, member } = dashboard()
  const page = await operator()
  await page.goto('/users')
  await page.getByRole('button', { name: 'Invite user' }).click()
  const dialog = page.getByRole('dialog', { name: 'Invite user' })
  await dialog.getByRole('textbox', { name: 'Email' }).fill('not an address')
  await dialog.getByRole('button', { name: 'Invite' }).click()
  await dialog.getByText('Email is invalid.').waitFor()
  await dialog.getByRole('textbox', { name: 'Email' }).fill('newcomer@example.com')
  await dialog.getByRole('combobox', { name: 'Plan' }).selectOption('team')
  await dialog.getByRole('button', { name: 'Invite' }).click()
  await page.getByText('An invitation is on its way to newcomer@example.com.').waitFor()
  const mail = await meter.mails.next('newcomer@example.com')
  expect(mail.text).toContain(meter.url)

  const theirs = await member('newcomer@example.com')
  await theirs.getByRole('heading', { name: 'My usage' }).waitFor()
  await theirs.getByText('plan team').waitFor()
})

it('a file of 2,500 users is looked at, imported and reported line by line, and adds nobody when it runs again', async () => {
  const { meter, operator } = dashboard()
  const page = await operator()
  await page.goto('/users')
  await page.getByRole('link', { name: 'Import' }).click()
  await page.getByLabel('CSV file').setInputFiles(importFile())
  await page.getByText('2,498 users can be imported, 2 lines cannot.').waitFor()
  const badLines = page.getByRole('table', { name: 'Lines that cannot be imported' })
  expect(await badLines.getByRole('rowheader').allInnerTexts()).toEqual(['20', '1,500'])
  expect((await meter.admin('GET', '/api/admin/users?search=@imported.example')).users).toEqual([])

  // The second thousand waits until somebody has seen how far it has come.
  const seen = Promise.withResolvers<void>()
  let sent = 0
  await page.route('**/api/admin/users/import', async (route) => {
    sent += 1
    if (sent === 2) await seen.promise
    await route.continue()
  })
  await page.getByRole('button', { name: 'Import 2,498 users' }).click()
  await page.getByText('1,000 of 2,498').waitFor()
  await page.getByRole('progressbar', { name: 'How much of the file was imported' }).waitFor()
  seen.resolve()
  const report = page.getByRole('region', { name: 'Import finished: users.csv' })
  await report.waitFor()
  expect(await report.getByRole('definition').allInnerTexts()).toEqual(['2,497', '0', '3'])
  expect(await badLines.getByRole('row').allInnerTexts()).toEqual([
    expect.stringContaining('Line'),
    expect.stringMatching(/^10\s+Email is invalid\./),
    expect.stringMatching(/^20\s+promptCount must be a whole number/),
    expect.stringMatching(/^1,500\s+There are 3 fields; the first line names 2\./),
  ])
  const [last] = (await meter.admin('GET', '/api/admin/users?email=person2500@imported.example')).users
  expect(last.promptCount).toBe(2500)

  await page.getByRole('button', { name: 'Import another file' }).click()
  await page.getByLabel('CSV file').setInputFiles(importFile())
  await page.getByRole('button', { name: 'Import 2,498 users' }).click()
  await report.waitFor()
  expect(await report.getByRole('definition').allInnerTexts()).toEqual(['0', '2,497', '3'])
})

it('the exported file holds whom the filters show', async () => {
  const { operator } = dashboard()
  await addUser(dashboard().meter, 'ruby.garnet@example.com', { plan: 'pro' })
  await addUser(dashboard().meter, 'rose.garnet@example.com', { plan: 'pro' })
  await addUser(dashboard().meter, 'rolf.garnet@example.com')
  const page = await operator()
  await page.goto('/users?search=garnet&plan=pro&sort=email')
  await page.getByRole('status').filter({ hasText: '2 users ·' }).waitFor()
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export CSV' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/^promptmeter-users-\d{4}-\d\d-\d\d\.csv$/)
  const [header = '', ...lines] = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/)
  const column = header.split(',').indexOf('email')
  expect(lines.map((line) => line.split(',')[column])).toEqual([
    'rose.garnet@example.com',
    'ruby.garnet@example.com',
  ])
})

function importFile() {
  const lines = Array.from({ length: 2500 }, (_, index) => {
    const line = index + 2
    if (line === 10) return 'person10 at imported.example,10'
    if (line === 20) return 'person20@imported.example,many'
    if (line === 1500) return 'person1500@imported.example,1500,1'
    return `person${line}@imported.example,${line}`
  })
  const text = ['email,promptCount', ...lines].join('\r\n')
  return { name: 'users.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }
}

function shownUsers(page: Page): Promise<string[]> {
  return page.getByRole('region', { name: 'Users, in a table' }).getByRole('rowheader').allInnerTexts()
}

/** Until the table holds whom the API answers to a query. */
async function untilShown(page: Page, query: string): Promise<void> {
  const { users } = await dashboard().meter.admin('GET', `/api/admin/users?${query}&limit=50`)
  const emails = users.map(({ email }: { readonly email: string }) => email)
  await expect.poll(() => shownUsers(page)).toEqual(emails)
}
