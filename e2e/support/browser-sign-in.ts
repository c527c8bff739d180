import type { Page } from 'playwright-core'
import { codeIn, type MailServer } from '../../packages/server/test/support/mail-server.ts'

/**
 * Does what a person does on the server's sign-in page: types an address, and the code that comes by mail. The page
 * is then on its way back to the editor.
 *
 * @param page the one the editor has opened
 */
export async function signIn(page: Page, mails: MailServer, email: string): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByRole('button', { name: 'Send me a code' }).click()
  const mail = await mails.next(email)
  await page.getByLabel('Code').fill(codeIn(mail))
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Says no to a sign-in, on any of its pages. */
export async function cancelSignIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Cancel' }).click()
}

/**
 * Connects a device: opens the page that the editor names, types its code unless the address has it, and signs in.
 *
 * @param userCode what the editor shows, such as `BCDF-GHJK`
 */
export async function connectDevice(
  page: Page,
  mails: MailServer,
  { url, userCode, email }: { readonly url: string; readonly userCode?: string; readonly email: string },
): Promise<void> {
  await page.goto(url)
  if (userCode !== undefined) await page.getByLabel('Code').fill(userCode)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Yes, continue' }).click()
  await signIn(page, mails, email)
  await page.getByRole('heading', { name: 'Your device is connected' }).waitFor()
}

/** What the page of VS Code says that a sign-in leads back to; it does not close itself. */
export async function untilBackInEditor(page: Page): Promise<void> {
  await page.getByText('You can close this page now.').waitFor()
}
