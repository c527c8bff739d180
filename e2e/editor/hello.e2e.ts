import { afterEach, expect, it } from 'vitest'
import {
  beginStream,
  chunk,
  DONE,
  usageChunk,
  word,
} from '../../packages/server/test/support/scripted-upstream.ts'
import { type Story, startStory } from './support/story.ts'
import { takeChat } from './support/upstream-chat.ts'

let story: Story
afterEach(({ task }) => story?.close(task.result?.state === 'fail'))

it('signs in by a mailed code, streams an answer, counts it in every window, and says once that the limit is reached', async () => {
  story = await startStory({
    extension: 'hello',
    environment: { UPGRADE_URL: 'https://example.com/upgrade' },
  })
  const { meter, usage } = story
  const window = await story.open()
  expect((await window.statusBar.find(usage, 'Hello: Sign in')).kind).toBe('normal')
  await window.screenshot('01-signed-out')

  await story.signIn(window, 'ada@example.com')
  expect(await window.statusBar.find(usage, '0 of 10 prompts')).toMatchObject({
    label: 'Hello: 0 of 10 prompts, 10 left',
    kind: 'normal',
  })
  await window.screenshot('02-signed-in')

  const taken = takeChat(meter.upstream)
  await story.run(window, 'Ask a Model')
  const { call, response } = await taken
  expect(call.body).toMatchObject({
    stream: true,
    messages: [{ role: 'user', content: 'Say hello to the world.' }],
  })
  beginStream(response)
  response.write(word('Hello, '))
  // Shown before the rest has been said.
  await window.page.locator('.view-lines').getByText('Hello,').waitFor()
  await window.screenshot('03-streaming')
  response.write(word('world!'))
  response.write(chunk({ delta: {}, finish_reason: 'stop' }))
  response.write(usageChunk())
  response.end(DONE)
  await window.page.locator('.view-lines').getByText('Hello, world!').waitFor()
  await window.statusBar.find(usage, '1 of 10 prompts')
  await window.screenshot('04-answered')

  const hover = await window.statusBar.hover(usage)
  expect(hover).toContain('ada@example.com')
  expect(hover).toContain('1 of 10 prompts in all, 9 left, never resets by itself')
  expect(hover).toContain('gpt-5: 1 prompt, 29 tokens')
  await window.screenshot('05-hover')

  const second = await story.open()
  await second.statusBar.find(usage, '1 of 10 prompts')
  await second.screenshot('06-second-window')

  for (let prompts = 2; prompts <= 8; prompts++) {
    await story.run(window, 'Ask a Model')
    await window.statusBar.find(usage, `${prompts} of 10 prompts`)
  }
  expect((await window.statusBar.find(usage)).kind).toBe('warning')
  await window.screenshot('07-warning')
  for (const prompts of [9, 10]) {
    await story.run(window, 'Ask a Model')
    await window.statusBar.find(usage, `${prompts} of 10 prompts`)
  }
  expect((await window.statusBar.find(usage)).kind).toBe('error')
  const message = await window.notifications.find('You have used all of your 10 prompts.')
  expect(message.buttons).toEqual(['Upgrade', 'Show usage'])
  await window.screenshot('08-limit-reached')

  const chats = () => meter.upstream.calls.filter(({ path }) => path.includes('/chat/')).length
  const before = chats()
  await window.notifications.dismiss('You have used all')
  await story.run(window, 'Ask a Model')
  await window.notifications.find('You have used all of your 10 prompts.')
  const shown = await window.notifications.shown()
  expect(shown.filter(({ buttons }) => buttons.includes('Upgrade'))).toHaveLength(1)
  expect(chats()).toBe(before)
  await window.screenshot('09-refused-calmly')

  await second.setFocused(false)
  await second.setFocused(true)
  await second.statusBar.find(usage, '10 of 10 prompts')
  await window.focus()
  await story.run(window, 'Show Usage')
  const labels = (await window.quickInput.items('Manage sessions')).map(({ label }) => label)
  expect(labels).toEqual(
    expect.arrayContaining(['10 of 10 prompts in all', 'Upgrade', 'Manage sessions', 'Sign out']),
  )
  await window.screenshot('10-usage')
})
