import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Dashboard, openDashboard } from './support/dashboard.ts'

let dashboard: Dashboard
let failed = false
beforeAll(async () => {
  dashboard = await openDashboard()
})
afterEach(({ task }) => {
  failed ||= task.result?.state === 'fail'
})
afterAll(() => dashboard?.close(failed))

const ADMIN_PAGES = ['/users', '/users/import', '/users/any', '/plans', '/plans?new=1', '/prices', '/audit']
const ALL_PLACES = ['Overview', 'Users', 'Plans', 'Prices', 'Audit log']

it("the operator's link opens the overview once, and tells whoever comes second how to make another", async () => {
  const { url: link } = await dashboard.meter.admin('POST', '/api/admin/links')
  const page = await dashboard.stranger()
  await page.goto(link)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByRole('figure', { name: /^Prompts by day/ }).waitFor()
  const places = page.getByRole('navigation', { name: 'Places' })
  expect(await places.getByRole('link').allInnerTexts()).toEqual([...ALL_PLACES, 'API reference'])
  await places.getByText('Operator').waitFor()

  const second = await dashboard.stranger()
  await second.goto(link)
  await second.getByText('This link was used or has expired.').waitFor()
  await second.getByText('npx promptmeter admin-link').waitFor()
  await second.goto('/')
  await second.getByRole('link', { name: 'Sign in' }).waitFor()

  // Whoever followed it may open it again from the history.
  await page.goto(link)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

it('a member signs in by a mailed code and lands where the link led', async () => {
  const path = '/usage?range=year&meter=tokens&by=source'
  const page = await dashboard.member(await activeUser(0), { path })
  await page.getByRole('figure', { name: 'Tokens in the last 12 months, by source' }).waitFor()
  expect(page.url()).toBe(`${dashboard.meter.url}${path}`)
  for (const choice of ['Year', 'Tokens', 'By source']) {
    expect(await page.getByRole('radio', { name: choice }).isChecked(), choice).toBe(true)
  }
})

it('a member finds no admin page at any address, and is refused by every path of the admin API', async () => {
  const page = await dashboard.member(await activeUser(1))
  const places = page.getByRole('navigation', { name: 'Places' })
  for (const path of ADMIN_PAGES) {
    await page.goto(path)
    await page.getByText('Nothing is here').waitFor()
    expect(await places.getByRole('link').allInnerTexts(), path).toEqual(['My usage', 'API reference'])
    expect(await page.getByRole('main').getByRole('button').count(), path).toBe(0)
  }
  await page.goto('/')
  await page.waitForURL('**/usage')

  const answers = await page.evaluate(async () => {
    const { paths } = (await (await fetch('/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const tried: Record<string, number> = {}
    for (const [path, methods] of Object.entries(paths)) {
      if (!path.startsWith('/api/admin')) continue
      for (const method of Object.keys(methods)) {
        const address = path.replaceAll(/\{\w+\}/g, '01890000-0000-7000-8000-000000000000')
        const { status } = await fetch(address, { method: method.toUpperCase() })
        tried[`${method} ${path}`] = status
      }
    }
    return tried
  })
  expect(Object.keys(answers).length).toBeGreaterThan(25)
  expect(Object.entries(answers).filter(([, status]) => status !== 403)).toEqual([])
})

it('an admin, whose role another admin gave, has the pages of admins beside their own', async () => {
  const email = 'new-admin@example.com'
  const { id } = await dashboard.meter.admin('POST', '/api/admin/users', { email })
  await dashboard.meter.admin('PATCH', `/api/admin/users/${id}`, { role: 'admin' })
  const page = await dashboard.member(email, { path: '/users' })
  await page.getByRole('table').getByRole('link').first().waitFor()
  const places = page.getByRole('navigation', { name: 'Places' })
  expect(await places.getByRole('link').allInnerTexts()).toEqual([...ALL_PLACES, 'My usage', 'API reference'])
  for (const place of [...ALL_PLACES, 'My usage']) {
    await places.getByRole('link', { name: place }).click()
    await page.getByRole('heading', { level: 1, name: place }).waitFor()
  }
})

it('signing out ends the session: whoever kept its cookie is nobody', async () => {
  const page = await dashboard.member(await activeUser(2))
  const cookies = await page.context().cookies()
  expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']])
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await page.context().cookies()).toEqual([])

  const thief = await dashboard.stranger()
  await thief.context().addCookies(cookies)
  await thief.goto('/usage')
  await thief.getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await thief.evaluate(async () => (await fetch('/api/me')).status)).toBe(401)
})

it('a session that is revoked elsewhere leads back to the way in with the next action', async () => {
  const email = await activeUser(3)
  const page = await dashboard.member(email)
  await page.getByRole('figure').waitFor()
  // What it asks for by itself must not be the next action.
  await page.waitForLoadState('networkidle')
  const { users } = await dashboard.meter.admin('GET', `/api/admin/users?email=${email}`)
  await dashboard.meter.admin('DELETE', `/api/admin/users/${users[0].id}/sessions`)
  await page.getByRole('radiogroup', { name: 'Range' }).getByText('Year').click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await page.getByText(email).count()).toBe(0)
})

it('while the server is away the overview says so and keeps its numbers, and goes on when it is back', async () => {
  const page = await dashboard.operator()
  const prompts = page.getByRole('region', { name: 'In all' }).getByText(/^Prompts/)
  await prompts.waitFor()
  await page.getByText(/^Updated \d+ s ago$/).waitFor()
  const notice = page.getByRole('status').filter({ hasText: 'The server cannot be reached' })
  await dashboard.meter.goAway()
  try {
    await notice.getByText('the page keeps asking').waitFor()
    await prompts.waitFor()
    // A page that was not loaded before cannot be now: it says so in its place, and the way there still works later.
    await page.getByRole('link', { name: 'Prices' }).click()
    await page.getByText('This could not be loaded').waitFor()
  } finally {
    await dashboard.meter.comeBack()
  }
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'Prices' }).waitFor()
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByText(/^Updated \d+ s ago$/).waitFor()
})

/** Somebody with much usage; each test takes another. @param place in the order of who used most */
async function activeUser(place: number): Promise<string> {
  const query = 'sort=promptCount&order=desc&disabled=false&limit=10'
  const { users } = await dashboard.meter.admin('GET', `/api/admin/users?${query}`)
  return users[place].email
}
