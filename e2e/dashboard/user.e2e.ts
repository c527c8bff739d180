import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { addUser, apiKeyOf, chat, shareDashboard } from './support/shared-dashboard.ts'

const dashboard = shareDashboard()

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
  await addUser(dashboard().meter, 'gone@example.com')
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
