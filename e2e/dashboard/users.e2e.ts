import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { apiKeyOf, chat, shareDashboard } from './support/shared-dashboard.ts'

const dashboard = shareDashboard()

it('somebody is found among all users by typing a part of the address', async () => {
  const { meter, operator } = dashboard()
  await addUser('Quentin.Quartz@example.com')
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

it('plan, threshold and overrides are changed together, the bars follow, and the next call is decided by them', async () => {
  const { meter, member } = dashboard()
  const apiKey = await apiKeyOf(await member('terms@example.com'))
  const { page, id } = await openUser('terms@example.com')
  await page.getByRole('button', { name: 'Plan and limits' }).click()
  const dialog = page.getByRole('dialog', { name: 'Plan and limits of terms@example.com' })
  expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  await dialog.getByRole('combobox', { name: 'Plan', exact: true }).selectOption('pro')
  await dialog.getByRole('combobox', { name: 'Threshold' }).selectOption('Own number')
  await dialog.getByRole('textbox', { name: 'Threshold: own number' }).fill('2')
  await dialog.getByRole('button', { name: 'Add a limit' }).click()
  const limit = dialog.getByRole('group', { name: 'Limit 1' })
  await limit.getByRole('combobox', { name: 'What is counted' }).selectOption('Tokens')
  await limit.getByRole('combobox', { name: 'How long' }).selectOption('a day')
  await limit.getByRole('textbox', { name: 'Amount' }).fill('20,000')
  await dialog.getByText('Tokens a day: as the plan (no limit) → 20,000').waitFor()
  await dialog.getByText('Plan: free → pro').waitFor()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'hidden' })

  const limits = page.getByRole('region', { name: 'Limits' })
  const bar = (name: string) => limits.getByRole('progressbar', { name })
  // Bars of nothing have no width to be seen.
  await bar('Prompts for life: 0% used').waitFor({ state: 'attached' })
  await bar('Tokens today: 0% used').waitFor({ state: 'attached' })
  await bar('Prompts this month: 0% used').waitFor({ state: 'attached' })
  expect(await meter.admin('GET', `/api/admin/users/${id}`)).toMatchObject({
    plan: 'pro',
    ownThreshold: 2,
    overrides: { limits: [{ meter: 'tokens', window: 'day', amount: 20_000 }] },
  })

  await meter.server.track(apiKey, { usage: 2, tokenCount: 900, model: 'gpt-5-mini' })
  const refused = await chat(meter, apiKey)
  expect([refused.status, refused.body.error.code]).toEqual([429, 'insufficient_quota'])
  await page.reload()
  await bar('Prompts for life: 100% used').waitFor()
  await bar('Tokens today: 4% used').waitFor()
})

it('somebody who is disabled is refused at once, and Undo lets them in again', async () => {
  const { meter, member } = dashboard()
  const apiKey = await apiKeyOf(await member('paused@example.com'))
  const { page } = await openUser('paused@example.com')
  await choose(page, 'Disable')
  const notice = page.getByRole('alert').filter({ hasText: 'paused@example.com is disabled.' })
  await notice.waitFor()
  const refused = await meter.as(apiKey, '/api/me')
  expect([refused.status, refused.body.code]).toEqual([403, 'user_disabled'])
  const mark = page.getByText('disabled', { exact: true })
  await mark.waitFor()
  await notice.getByRole('button', { name: 'Undo' }).click()
  await mark.waitFor({ state: 'hidden' })
  expect((await meter.as(apiKey, '/api/me')).status).toBe(200)
})

it('usage is corrected with a reason, and never to below zero', async () => {
  const { meter, member } = dashboard()
  const apiKey = await apiKeyOf(await member('counted-twice@example.com'))
  await meter.server.track(apiKey, { usage: 5, tokenCount: 500, model: 'gpt-5-mini', source: 'editor' })
  const { page, id } = await openUser('counted-twice@example.com')
  const dialog = page.getByRole('dialog', { name: 'Correct usage' })
  await choose(page, 'Correct usage')
  await dialog.getByRole('textbox', { name: 'Prompts' }).fill('9')
  await dialog.getByText('Prompts: 5 → -4, which is below zero').waitFor()
  await dialog.getByRole('button', { name: 'Correct' }).click()
  await dialog.getByText('Say why, for the record.').waitFor()
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Too many')
  await dialog.getByRole('button', { name: 'Correct' }).click()
  await dialog.getByRole('alert').filter({ hasText: 'Give the model, source and time' }).waitFor()
  expect((await meter.admin('GET', `/api/admin/users/${id}`)).promptCount).toBe(5)
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  await page.getByRole('button', { name: /^Correct event/ }).click()
  await dialog.getByRole('textbox', { name: 'Prompts' }).fill('2')
  await dialog.getByRole('textbox', { name: 'Tokens' }).fill('')
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Counted twice')
  await dialog.getByText('Prompts: 5 → 3').waitFor()
  await dialog.getByRole('button', { name: 'Correct' }).click()
  await page.getByText('counted-twice@example.com stands at 3 prompts.').waitFor()
  const events = page.getByRole('table', { name: 'Recent events' })
  await events.getByRole('row', { name: /correction Counted twice gpt-5-mini -2/ }).waitFor()
  await page.getByRole('progressbar', { name: 'Prompts for life: 30% used' }).waitFor()
  const user = await meter.admin('GET', `/api/admin/users/${id}`)
  expect([user.promptCount, user.tokenCount]).toEqual([3, 500])
})

it('one key is revoked and the others go on; revoking all ends every session at once', async () => {
  const { meter, member } = dashboard()
  const apiKey = await apiKeyOf(await member('left-open@example.com'))
  const created = await meter.as(apiKey, '/api/me/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'old laptop', expiresInDays: 30 }),
  })
  const named: string = created.body.apiKey
  const models = async (key: string) => (await meter.as(key, '/v1/models')).status
  expect([await models(apiKey), await models(named)]).toEqual([200, 200])

  const { page } = await openUser('left-open@example.com')
  await page.getByRole('button', { name: /^Revoke: old laptop/ }).click()
  const one = page.getByRole('dialog', { name: 'Revoke old laptop' })
  await one.getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('1 session ended.').waitFor()
  expect([await models(apiKey), await models(named)]).toEqual([200, 403])

  await page.getByRole('button', { name: 'Revoke all sessions and keys' }).click()
  const all = page.getByRole('dialog', { name: 'Revoke all sessions and keys' })
  await all.getByRole('button', { name: 'Revoke' }).click()
  await all.waitFor({ state: 'hidden' })
  expect(await models(apiKey)).toBe(403)
  await expect
    .poll(() => page.getByRole('button', { name: 'Revoke all sessions and keys' }).isDisabled())
    .toBe(true)
})

it('whoever is made an admin sees the places of one, and a member again does not', async () => {
  const { member } = dashboard()
  const theirs = await member('colleague@example.com')
  const places = theirs.getByRole('navigation', { name: 'Places' })
  expect(await places.getByRole('link', { name: 'Users' }).count()).toBe(0)
  const { page } = await openUser('colleague@example.com')
  await choose(page, 'Make an admin')
  const make = page.getByRole('dialog', { name: 'Make an admin' })
  await make.getByRole('button', { name: 'Make an admin' }).click()
  await page.getByText('colleague@example.com is an admin now.').waitFor()
  await theirs.reload()
  await places.getByRole('link', { name: 'Users' }).click()
  await theirs.getByRole('heading', { name: 'Users', level: 1 }).waitFor()

  await choose(page, 'Take the admin role')
  const take = page.getByRole('dialog', { name: 'Take the admin role' })
  await take.getByRole('button', { name: 'Take the role' }).click()
  await page.getByText('colleague@example.com is a member now.').waitFor()
  await theirs.reload()
  await theirs
    .getByRole('heading', { name: 'Nothing is here' })
    .or(theirs.getByText('Nothing is here'))
    .waitFor()
  expect(await places.getByRole('link', { name: 'Users' }).count()).toBe(0)
})

it('a user is deleted only once their address was typed, and is gone then', async () => {
  const { meter } = dashboard()
  await addUser('gone@example.com')
  const { page, id } = await openUser('gone@example.com')
  await choose(page, 'Delete')
  const dialog = page.getByRole('dialog', { name: 'Delete this user' })
  const button = dialog.getByRole('button', { name: 'Delete for good' })
  const field = dialog.getByRole('textbox', { name: 'Type gone@example.com to confirm' })
  expect(await button.isDisabled()).toBe(true)
  await field.fill('gone@example.co')
  expect(await button.isDisabled()).toBe(true)
  await field.press('Enter')
  expect(await dialog.isVisible()).toBe(true)
  await field.fill('gone@example.com')
  await button.click()
  await page.getByText('gone@example.com was deleted.').waitFor()
  expect(new URL(page.url()).pathname).toBe('/users')
  expect((await meter.admin('GET', '/api/admin/users?email=gone@example.com')).users).toEqual([])
  await page.goto(`/users/${id}`)
  await page.getByText('There is no such user').waitFor()
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
  await addUser('ruby.garnet@example.com', { plan: 'pro' })
  await addUser('rose.garnet@example.com', { plan: 'pro' })
  await addUser('rolf.garnet@example.com')
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

async function addUser(email: string, terms: object = {}): Promise<void> {
  await dashboard().meter.admin('POST', '/api/admin/users', { email, ...terms })
}

async function openUser(email: string): Promise<{ readonly page: Page; readonly id: string }> {
  const { meter, operator } = dashboard()
  const { users } = await meter.admin('GET', `/api/admin/users?email=${email}`)
  const page = await operator()
  await page.goto(`/users/${users[0].id}`)
  return { page, id: users[0].id }
}

/** Chooses what can be done with a user. */
async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
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
