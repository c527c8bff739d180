import { afterEach, expect, it } from 'vitest'
import { cancelSignIn, connectDevice, signIn } from '../support/browser-sign-in.ts'
import { type Story, startStory } from './support/story.ts'

let story: Story
afterEach(({ task }) => story?.close(task.result?.state === 'fail'))

it('counts once what was tracked while the server was away, and says that it is offline meanwhile', async () => {
  story = await startStory({ extension: 'hello' })
  const { meter, usage } = story
  const window = await story.open()
  await story.signIn(window, 'offline@example.com')
  await window.statusBar.find(usage, '0 of 10 prompts')

  await meter.goAway()
  await story.run(window, 'Count a Prompt')
  await window.statusBar.find(usage, '0 of 10 prompts, 1 waiting')
  expect(await window.statusBar.hover(usage)).toContain('The server cannot be reached.')
  await window.screenshot('20-offline')
  // What waits is on the disk: a window that starts anew sends it.
  await window.reload()
  await window.statusBar.find(usage, 'Offline, 1 waiting')
  await window.screenshot('21-offline-after-a-restart')

  await meter.comeBack()
  await window.setFocused(false)
  await window.setFocused(true)
  await window.statusBar.find(usage, '1 of 10 prompts, 9 left')
  await window.screenshot('22-counted')
  const { users } = await meter.admin('GET', '/api/admin/users?email=offline@example.com')
  expect(users[0]).toMatchObject({ promptCount: 1, tokenCount: 42 })
})

it('asks to sign in again once the server has ended the session', async () => {
  story = await startStory({ extension: 'hello' })
  const { meter, usage } = story
  const window = await story.open()
  await story.signIn(window, 'revoked@example.com')
  await window.statusBar.find(usage, '0 of 10 prompts')
  const { users } = await meter.admin('GET', '/api/admin/users?email=revoked@example.com')
  await meter.admin('DELETE', `/api/admin/users/${users[0].id}/sessions`)

  await story.run(window, 'Count a Prompt')
  expect((await window.notifications.find('your session has ended')).buttons).toEqual(['Sign in'])
  await window.statusBar.find(usage, 'Hello: Sign in')
  await window.screenshot('30-session-ended')

  const page = await window.opensPage(() => window.notifications.press('your session has ended', 'Sign in'))
  await signIn(page, meter.mails, 'revoked@example.com')
  // What was counted while nobody was signed in has waited for its user.
  await window.statusBar.find(usage, '1 of 10 prompts')
  await window.screenshot('31-signed-in-again')
})

it('signs in by a code on another device, shows where else, and signs out', async () => {
  story = await startStory({ extension: 'hello' })
  const { meter, usage, context } = story
  const window = await story.open()
  const page = await window.opensPage(() => story.run(window, 'Sign In'))
  await window.notifications.find('finish signing in in your browser')
  await page.close()
  await window.notifications.press('finish signing in in your browser', 'Cancel')
  await window.quickInput.pick(/on any device/)
  const { message } = await window.dialogs.find()
  await window.screenshot('40-device-code')
  await window.dialogs.press('I have entered it elsewhere')
  const userCode = /[A-Z]{4}-[A-Z]{4}/.exec(message)?.[0] as string
  const phone = await context.newPage()
  await connectDevice(phone, meter.mails, {
    url: `${meter.url}/device`,
    userCode,
    email: 'device@example.com',
  })
  await phone.close()
  await window.notifications.find('signed in as device@example.com')
  await window.statusBar.find(usage, '0 of 10 prompts')

  await story.run(window, 'Manage Sessions')
  const [own] = await window.quickInput.items('this editor')
  expect(own).toMatchObject({ label: 'hello/0.1.0 (code-server)', description: 'this editor' })
  await window.screenshot('41-sessions')
  await window.quickInput.cancel()

  const { users } = await meter.admin('GET', '/api/admin/users?email=device@example.com')
  await story.run(window, 'Sign Out')
  await window.notifications.find('Hello: signed out.')
  await window.statusBar.find(usage, 'Hello: Sign in')
  await window.screenshot('42-signed-out')
  const { sessions } = await meter.admin('GET', `/api/admin/users/${users[0].id}/sessions`)
  expect(sessions.map(({ revokedAt }: { revokedAt: string | null }) => revokedAt)).toEqual([
    expect.any(String),
  ])
})

it('says that a sign-in was cancelled in the browser, and takes a code copied from there', async () => {
  story = await startStory({ extension: 'promptmeter' })
  const { meter, usage } = story
  const window = await story.open()
  const page = await window.opensPage(() => story.run(window, 'Sign In'))
  await cancelSignIn(page)
  await window.notifications.find('The sign-in was cancelled in the browser.')
  await window.screenshot('50-cancelled-in-the-browser')
  await page.close()

  const again = await window.opensPage(() => story.run(window, 'Sign In'))
  await again.close()
  await window.notifications.press('finish signing in in your browser', 'Cancel')
  const paste = await window.opensPage(() => window.quickInput.pick(/Copy a code/))
  await signIn(paste, meter.mails, 'paste@example.com')
  const code = await paste.locator('code').innerText()
  await paste.close()
  await window.quickInput.type(code)
  await window.screenshot('51-pasted-code')
  await window.quickInput.accept()
  await window.statusBar.find(usage, '0 of 10 prompts')
})
