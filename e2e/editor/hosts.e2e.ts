import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { runningExtension } from './support/running-extensions.ts'
import { type Story, startStory } from './support/story.ts'
import { RESTRICTED_MODE } from './support/workspace-trust.ts'

let story: Story
afterEach(({ task }) => story?.close(task.result?.state === 'fail'))

it('runs in the browser itself, once the server lists its origin', async () => {
  const port = await freePort()
  story = await startStory({
    extension: 'hello',
    port,
    settings: { 'remote.extensionKind': { 'promptmeter-examples.hello': ['web'] } },
    environment: { CORS_ORIGINS: `http://127.0.0.1:${port}` },
  })
  const { meter, usage } = story
  const window = await story.open()
  await story.signIn(window, 'web@example.com')
  await window.statusBar.find(usage, '0 of 10 prompts')

  await meter.goAway()
  await story.run(window, 'Count a Prompt')
  await window.statusBar.find(usage, '1 waiting')
  await meter.comeBack()
  await window.setFocused(false)
  await window.setFocused(true)
  await window.statusBar.find(usage, '1 of 10 prompts, 9 left')

  await story.run(window, 'Ask a Model')
  await window.page.locator('.view-lines').getByText('Hello there!').waitFor()
  await window.statusBar.find(usage, '2 of 10 prompts')
  const { host, activationMs } = await runningExtension(window, 'Hello')
  expect(host).toBe('web worker')
  console.log(`activated in ${activationMs} ms (web worker)`)
  await window.screenshot('60-in-the-browser')
})

it('works in a folder that nobody trusts', async () => {
  story = await startStory({ extension: 'promptmeter', workspaceTrust: true })
  const window = await story.open()
  await window.statusBar.find(RESTRICTED_MODE)
  await story.signIn(window, 'restricted@example.com')
  await window.statusBar.find(story.usage, '0 of 10 prompts')
  await window.screenshot('63-restricted')
})

it('counts once what two windows tracked while the server was away', async () => {
  story = await startStory({ extension: 'hello' })
  const { meter, usage } = story
  const first = await story.open()
  await story.signIn(first, 'two@example.com')
  const second = await story.open()
  await second.statusBar.find(usage, '0 of 10 prompts')

  await meter.goAway()
  for (const window of [first, second]) {
    await window.focus()
    await story.run(window, 'Count a Prompt')
  }
  await second.statusBar.find(usage, /[12] waiting/)
  await meter.comeBack()
  for (const window of [first, second]) {
    await window.setFocused(false)
    await window.setFocused(true)
  }
  for (const window of [first, second]) {
    await window.focus()
    await window.statusBar.find(usage, '2 of 10 prompts, 8 left')
  }
  const { users } = await meter.admin('GET', '/api/admin/users?email=two@example.com')
  expect(users[0]).toMatchObject({ promptCount: 2, tokenCount: 84 })
  const { activationMs } = await runningExtension(second, 'Hello')
  console.log(`activated in ${activationMs} ms (Node)`)
})

it('lists the models of the gateway in the editor, and stands under its accounts', async () => {
  story = await startStory({ extension: 'promptmeter' })
  const window = await story.open()
  await story.signIn(window, 'models@example.com')
  await window.runCommand('Chat: Manage Language Models')
  const models = window.page.locator('.models-management-editor, .editor-instance').first()
  for (const id of ['gpt-5', 'gpt-5-mini', 'o4-mini'])
    await models.getByText(id, { exact: true }).first().waitFor()
  await window.screenshot('61-models')
  await window.page.getByRole('button', { name: 'Accounts' }).click()
  await window.page.getByText('models@example.com (Promptmeter)').waitFor()
  await window.screenshot('62-accounts')
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
