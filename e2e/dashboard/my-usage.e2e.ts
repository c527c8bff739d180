import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { runSql } from '../../packages/testing/src/databases.ts'
import { signIn } from '../support/browser-sign-in.ts'
import { apiKeyOf, shareDashboard } from './support/shared-dashboard.ts'

const dashboard = shareDashboard()

it('a member sees what is left, when it begins anew, and what each model used', async () => {
  const { meter, member } = dashboard()
  await meter.admin('PUT', '/api/admin/plans/monthly', {
    limits: [{ meter: 'prompts', window: 'month', amount: 10 }],
  })
  await meter.admin('POST', '/api/admin/users', { email: 'reader@example.com', plan: 'monthly' })
  const page = await member('reader@example.com')
  const apiKey = await apiKeyOf(page)
  await meter.server.track(apiKey, { usage: 3, tokenCount: 1200, model: 'gpt-5', source: 'editor' })
  await meter.server.track(apiKey, { usage: 1, tokenCount: 300, model: 'gpt-5-mini', source: 'editor' })
  await page.reload()
  const left = page.getByRole('region', { name: 'What is left' })
  await left.getByRole('progressbar', { name: 'Prompts this month: 40% used' }).waitFor()
  await left.getByText('4 of 10').waitFor()
  await left.getByText('6 left').waitFor()
  const { body } = await meter.as(apiKey, '/api/me')
  const resets = await left
    .getByText(/^resets/)
    .getByRole('time')
    .getAttribute('datetime')
  expect(resets).toBe(body.limits[0].resetsAt)

  const byModel = page.getByRole('table', { name: 'Prompts by model' })
  await byModel.getByRole('row', { name: 'gpt-5 3 75%', exact: true }).waitFor()
  await byModel.getByRole('row', { name: 'gpt-5-mini 1 25%', exact: true }).waitFor()
  await page.getByRole('radiogroup', { name: 'Meter' }).getByText('Tokens').click()
  await page
    .getByRole('table', { name: 'Tokens by model' })
    .getByRole('row', { name: 'gpt-5 1,200 80%', exact: true })
    .waitFor()
})

it('a key is made with a name, shown once, calls the gateway, and is refused once it is revoked', async () => {
  const { meter, member } = dashboard()
  const page = await below(await member('toolsmith@example.com'))
  await page.getByRole('button', { name: 'Create a key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create an API key' })
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await dialog.getByText('Give the key a name.').waitFor()
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Continue on my laptop')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  const made = page.getByRole('dialog', { name: 'The key Continue on my laptop' })
  const key = await made.getByText(/^pm_/).innerText()
  expect((await meter.as(key, '/v1/models')).status).toBe(200)
  await made.getByRole('button', { name: 'Done' }).click()
  await made.waitFor({ state: 'hidden' })
  expect(await page.getByText(key).count()).toBe(0)

  const keys = page.getByRole('table', { name: 'API keys' })
  await keys.getByRole('button', { name: /^Revoke: Continue on my laptop/ }).click()
  const question = page.getByRole('dialog', { name: 'Revoke Continue on my laptop' })
  await question.getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('Continue on my laptop was revoked.').waitFor()
  const refused = await meter.as(key, '/v1/models')
  expect([refused.status, refused.body.error.code]).toEqual([403, 'token_invalid'])
})

it('another browser is signed out from this one, which goes on', async () => {
  const { member } = dashboard()
  const other = await member('everywhere@example.com')
  const page = await below(await member('everywhere@example.com'))
  const sessions = page.getByRole('region', { name: 'Sessions' })
  await expect.poll(() => sessions.getByRole('button', { name: /^Sign out: / }).count()).toBe(2)
  await sessions.getByRole('button', { name: 'Sign out the others' }).click()
  const question = page.getByRole('dialog', { name: 'Sign out the others' })
  await question.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByText('1 session signed out.').waitFor()
  await other.reload()
  await other.getByRole('link', { name: 'Sign in' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'My usage' }).waitFor()
})

it('the address for other clients is copied by a button', async () => {
  const { meter, member } = dashboard()
  const page = await below(
    await member('copyist@example.com', { permissions: ['clipboard-read', 'clipboard-write'] }),
  )
  await page.getByRole('tab', { name: 'Cline' }).click()
  await page.getByRole('button', { name: 'Copy Base URL' }).click()
  await page.getByRole('button', { name: 'Base URL copied' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${meter.url}/v1`)
  const apiKey = await apiKeyOf(page)
  expect(await page.getByText(apiKey).count()).toBe(0)
  await page.getByRole('button', { name: 'Copy API key' }).click()
  await page.getByRole('button', { name: 'API key copied' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(apiKey)
})

it('whoever exports their data gets everything that was counted of them', async () => {
  const { meter, member } = dashboard()
  const page = await below(await member('archivist@example.com'))
  await meter.server.track(await apiKeyOf(page), { usage: 2, tokenCount: 77, model: 'gpt-5' })
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export my data' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/\.json$/)
  expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({
    user: { email: 'archivist@example.com' },
    usageEvents: [{ prompts: 2, tokens: 77, model: 'gpt-5' }],
  })
})

it('an account is deleted once its address was typed, and its cookie opens nothing any more', async () => {
  const { meter, member, stranger } = dashboard()
  const page = await below(await member('leaver@example.com'))
  const cookies = await page.context().cookies()
  const { question, button } = await askToDelete(page, 'leaver@example.co')
  expect(await button.isDisabled()).toBe(true)
  await question.getByRole('textbox').fill('leaver@example.com')
  await button.click()
  await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor()
  expect((await meter.admin('GET', '/api/admin/users?email=leaver@example.com')).users).toEqual([])
  const again = await stranger()
  await again.context().addCookies(cookies)
  await again.goto('/usage')
  await again.getByRole('heading', { name: 'Your usage, and what is left' }).waitFor()
})

it('a sign-in of long ago has to be renewed before the account is deleted, and leads back to it', async () => {
  const { meter, member, databaseUrl } = dashboard()
  const page = await below(await member('sleeper@example.com'))
  await runSql(
    databaseUrl,
    `update sessions set created_at = created_at - interval '11 minutes'
      where user_id = (select id from users where email = 'sleeper@example.com')`,
  )
  const { question, button } = await askToDelete(page, 'sleeper@example.com')
  await button.click()
  await question.getByRole('alert').filter({ hasText: 'a sign-in of the last ten minutes' }).waitFor()
  expect((await meter.admin('GET', '/api/admin/users?email=sleeper@example.com')).users).toHaveLength(1)
  await question.getByRole('link', { name: 'Sign in again' }).click()
  await signIn(page, meter.mails, 'sleeper@example.com')
  await question.getByRole('textbox').fill('sleeper@example.com')
  await button.click()
  await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor()
  expect((await meter.admin('GET', '/api/admin/users?email=sleeper@example.com')).users).toEqual([])
})

/** Scrolls down to what is loaded only then. */
async function below(page: Page): Promise<Page> {
  await page.getByRole('region', { name: 'What is left' }).waitFor()
  await page.keyboard.press('End')
  await page.getByRole('region', { name: 'Your data' }).waitFor()
  return page
}

/** Opens the dialog and types an address, right or wrong. */
async function askToDelete(page: Page, typed: string) {
  await page.getByRole('button', { name: 'Delete my account' }).click()
  const question = page.getByRole('dialog', { name: 'Delete my account' })
  await question.getByRole('textbox').fill(typed)
  return { question, button: question.getByRole('button', { name: 'Delete for good' }) }
}
