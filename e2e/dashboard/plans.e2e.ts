import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { apiKeyOf, chat, shareDashboard } from './support/shared-dashboard.ts'

const dashboard = shareDashboard()

it('a change of a plan says first whom it stops, and decides their next call once it is saved', async () => {
  const { meter, member } = dashboard()
  await setPlan('studio', { limits: [{ meter: 'prompts', window: 'month', amount: 100 }] })
  const apiKey = await apiKeyOf(await member('maker@example.com'))
  await givePlan('maker@example.com', 'studio')
  await meter.server.track(apiKey, { usage: 2, model: 'gpt-5-mini' })

  const page = await openPlans()
  await page.getByRole('link', { name: 'Edit studio' }).click()
  const editor = page.getByRole('dialog', { name: 'Edit the plan studio' })
  const review = editor.getByRole('button', { name: 'Review the change' })
  const amount = editor.getByRole('group', { name: 'Limit 1' }).getByRole('textbox', { name: 'Amount' })
  expect(await amount.inputValue()).toBe('100')
  expect(await review.isDisabled()).toBe(true)
  await amount.fill('a few')
  await review.click()
  await editor.getByText('Give a whole number, such as 1000.').waitFor()
  expect(await amount.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true)
  await amount.fill('2')
  await review.click()

  const question = page.getByRole('dialog', { name: 'Change the plan studio?' })
  await question.getByText(/^1 user has the plan studio\./).waitFor()
  await question.getByText('1 more user will be stopped:').waitFor()
  await question.getByRole('link', { name: /^maker@example\.com/ }).waitFor()
  expect((await planOf('studio')).limits[0].amount).toBe(100)
  await question.getByRole('button', { name: 'Save for 1 user' }).click()
  await page.getByText('The plan studio is changed.').waitFor()
  await card(page, 'studio').getByText('2 prompts a month').waitFor()
  expect((await planOf('studio')).limits).toEqual([{ meter: 'prompts', window: 'month', amount: 2 }])
  const refused = await chat(meter, apiKey)
  expect([refused.status, refused.body.error.code]).toEqual([429, 'insufficient_quota'])
})

it('a plan is made, copied and deleted; one that somebody has is kept, and the page says who', async () => {
  const { meter } = dashboard()
  const page = await openPlans()
  await page.getByRole('link', { name: 'New plan' }).click()
  const editor = page.getByRole('dialog', { name: 'New plan', exact: true })
  const create = editor.getByRole('button', { name: 'Create the plan' })
  await create.click()
  await editor.getByText('Give the plan a name.').waitFor()
  await editor.getByRole('textbox', { name: 'Name' }).fill('Atelier Plus')
  await editor.getByText('Lower-case letters, digits, -, _ and . only').waitFor()
  await editor.getByRole('textbox', { name: 'Name' }).fill('free')
  await editor.getByText('There is a plan of this name already.').waitFor()
  await editor.getByRole('textbox', { name: 'Name' }).fill('atelier')
  await editor.getByRole('button', { name: 'Add a limit' }).click()
  const limit = editor.getByRole('group', { name: 'Limit 1' })
  await limit.getByRole('combobox', { name: 'What is counted' }).selectOption('Cost')
  await limit.getByRole('combobox', { name: 'How long' }).selectOption('a day')
  await limit.getByRole('textbox', { name: 'Amount in dollars' }).fill('2.50')
  await editor.getByRole('textbox', { name: 'Requests per minute' }).fill('20')
  await create.click()
  await page.getByText('The plan atelier is there.').waitFor()
  const terms = { limits: [{ meter: 'cost', window: 'day', amount: 2_500_000 }], requestsPerMinute: 20 }
  expect(await planOf('atelier')).toMatchObject(terms)
  await card(page, 'atelier').getByText('$2.50 a day').waitFor()

  await page.getByRole('link', { name: 'Copy atelier' }).click()
  const copy = page.getByRole('dialog', { name: 'New plan like atelier' })
  expect(await copy.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('atelier-copy')
  await copy.getByRole('button', { name: 'Create the plan' }).click()
  await page.getByText('The plan atelier-copy is there.').waitFor()
  expect(await planOf('atelier-copy')).toMatchObject(terms)

  await page.getByRole('button', { name: 'Delete atelier-copy' }).click()
  const question = page.getByRole('dialog', { name: 'Delete a plan' })
  const confirm = question.getByRole('button', { name: 'Delete' })
  expect(await confirm.isDisabled()).toBe(true)
  await question.getByRole('textbox', { name: 'Type atelier-copy to confirm' }).fill('atelier-copy')
  await confirm.click()
  await page.getByText('The plan atelier-copy is deleted.').waitFor()
  await card(page, 'atelier-copy').waitFor({ state: 'detached' })
  expect(await planOf('atelier-copy')).toBeUndefined()

  await meter.admin('POST', '/api/admin/users', { email: 'painter@example.com', plan: 'atelier' })
  await page.reload()
  await page.getByRole('button', { name: 'Delete atelier' }).click()
  const kept = page.getByRole('dialog', { name: 'Users have this plan' })
  await kept.getByText(/^1 user has the plan atelier\. Give them another one first/).waitFor()
  await kept.getByRole('link', { name: 'Show who has it' }).click()
  await page.getByRole('link', { name: 'painter@example.com' }).waitFor()
  expect(await planOf('atelier')).toBeDefined()
})

it('whoever leaves with unsaved changes is asked first, and nothing is saved', async () => {
  await setPlan('draft', { limits: [{ meter: 'prompts', window: 'day', amount: 7 }] })
  const page = await openPlans()
  await page.getByRole('link', { name: 'Edit draft' }).click()
  const editor = page.getByRole('dialog', { name: 'Edit the plan draft' })
  const amount = editor.getByRole('textbox', { name: 'Amount' })
  await amount.fill('70')
  const question = page.getByRole('dialog', { name: 'Leave without saving?' })
  await editor.getByRole('button', { name: 'Close' }).click()
  await question.getByRole('button', { name: 'Keep editing' }).click()
  await question.waitFor({ state: 'hidden' })
  expect(await amount.inputValue()).toBe('70')

  await page.goBack()
  await question.getByRole('button', { name: 'Keep editing' }).click()
  await question.waitFor({ state: 'hidden' })
  expect(await amount.inputValue()).toBe('70')

  await page.keyboard.press('Escape')
  await question.getByRole('button', { name: 'Discard changes' }).click()
  await editor.waitFor({ state: 'hidden' })
  expect(new URL(page.url()).search).toBe('')
  expect((await planOf('draft')).limits[0].amount).toBe(7)
})

it('a price is set, charged, corrected and deleted, and one that is none is refused in the form', async () => {
  const { meter, member, operator } = dashboard()
  const apiKey = await apiKeyOf(await member('charged@example.com'))
  const page = await operator()
  await page.getByRole('link', { name: 'Prices' }).click()
  await page.getByRole('link', { name: 'New price' }).click()
  const dialog = page.getByRole('dialog', { name: 'New price' })
  await dialog.getByRole('textbox', { name: 'Model' }).fill('canvas-1')
  await dialog.getByRole('textbox', { name: 'Input', exact: true }).fill('1.25')
  await dialog.getByRole('textbox', { name: 'Output' }).fill('cheap')
  await dialog.getByRole('button', { name: 'Save the price' }).click()
  await dialog.getByText(/^Give dollars from 0 to 1,000,000/).waitFor()
  expect(await priceOf('canvas-1')).toBeUndefined()
  await dialog.getByRole('textbox', { name: 'Output' }).fill('10')
  await dialog.getByRole('button', { name: 'Save the price' }).click()
  await page.getByText(/^The price of canvas-1 holds from/).waitFor()
  expect(await priceOf('canvas-1')).toMatchObject({
    inputMicros: 1_250_000,
    cachedInputMicros: null,
    outputMicros: 10_000_000,
  })
  expect((await chat(meter, apiKey, 'canvas-1')).status).toBe(200)
  const { users } = await meter.admin('GET', '/api/admin/users?email=charged@example.com')
  // 21 tokens in and 8 out, rounded up.
  expect(users[0].costMicros).toBe(107)

  await chooseForPrice(page, 'Correct')
  const correction = page.getByRole('dialog', { name: 'Correct a price' })
  await correction.getByRole('textbox', { name: 'Output' }).fill('20')
  await correction.getByRole('button', { name: 'Save the price' }).click()
  await correction.waitFor({ state: 'hidden' })
  expect(await priceOf('canvas-1')).toMatchObject({ inputMicros: 1_250_000, outputMicros: 20_000_000 })
  await page.getByRole('row', { name: /^canvas-1 .*\$20\.00/ }).waitFor()

  await chooseForPrice(page, 'Delete')
  const question = page.getByRole('dialog', { name: 'Delete a price' })
  await question.getByText('What was charged stays charged.').waitFor()
  await question.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('The price of canvas-1 is deleted.').waitFor()
  expect(await priceOf('canvas-1')).toBeUndefined()
})

async function openPlans(): Promise<Page> {
  const page = await dashboard().operator()
  await page.getByRole('link', { name: 'Plans' }).click()
  await page.getByRole('heading', { name: 'Plans', level: 1 }).waitFor()
  return page
}

const card = (page: Page, plan: string) => page.getByRole('region', { name: plan, exact: true })

async function chooseForPrice(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: /^Actions for canvas-1 from/ }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

function setPlan(name: string, terms: object) {
  return dashboard().meter.admin('PUT', `/api/admin/plans/${name}`, terms)
}

async function givePlan(email: string, plan: string): Promise<void> {
  const { meter } = dashboard()
  const { users } = await meter.admin('GET', `/api/admin/users?email=${email}`)
  await meter.admin('PATCH', `/api/admin/users/${users[0].id}`, { plan })
}

async function planOf(name: string) {
  const { plans } = await dashboard().meter.admin('GET', '/api/admin/plans')
  return plans.find((plan: { readonly name: string }) => plan.name === name)
}

async function priceOf(model: string) {
  const { prices } = await dashboard().meter.admin('GET', '/api/admin/prices')
  return prices.find((price: { readonly model: string }) => price.model === model)
}
