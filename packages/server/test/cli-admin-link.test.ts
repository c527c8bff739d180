import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { banner } from '../src/cli/banner.ts'
import { parseConfig } from '../src/config/config.ts'
import { type Commands, startCommands } from './support/commands.ts'
import { runCommand } from './support/run-command.ts'

const LINK = /http:\/\/127\.0\.0\.1:\d+\/sign-in\/link\?secret=[\w-]{43}/

let commands: Commands
beforeAll(async () => {
  commands = await startCommands()
})
afterAll(() => commands.close())

/** Follows a link as a browser would: whether it signs in, and where it leads. */
const follow = async (link: string) => {
  const answer = await fetch(link, { redirect: 'manual' })
  return [answer.status, answer.headers.get('location'), answer.headers.get('set-cookie')?.slice(0, 25)]
}
const SIGNED_IN = [303, '/', 'promptmeter_dashboard=po_']

describe('promptmeter admin-link', () => {
  it('prints a link that opens the dashboard as the operator, once, and until when', async () => {
    const stdout = await commands.succeed('admin-link')
    expect(stdout).toMatch(
      new RegExp(`^${LINK.source}\nCounts once, until \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\.\n$`),
    )
    const link = stdout.split('\n')[0] as string
    expect(await follow(link)).toEqual(SIGNED_IN)
    expect((await follow(link))[0]).toBe(403)
  })

  it('prints the same for programs', async () => {
    const { url, expiresAt } = await commands.json('admin-link')
    expect(url).toMatch(LINK)
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now())
  })

  it('is refused with another key than that of the server', async () => {
    const { code, stdout, stderr } = await runCommand(['admin-link', '--url', commands.server.url], {
      cwd: commands.folder,
      environment: { ADMIN_KEY: 'another-key-another-key-another' },
    })
    expect([code, stdout]).toEqual([4, ''])
    expect(stderr).toContain('refused the admin key')
  })
})

describe('what the start says', () => {
  const config = parseConfig({ DATA_DIR: './data' })
  const shown = (operatorLink: string | null, forPeople: boolean) =>
    banner(
      {
        url: 'http://127.0.0.1:4000',
        engine: 'embedded',
        firstStart: operatorLink !== null,
        dashboardUrl: 'https://meter.example.com',
        operatorLink,
        stop: async () => {},
      },
      config,
      { forPeople },
    )

  it.each([true, false])('the first time is a link, to people and to others (%s)', (forPeople) => {
    const link = 'https://meter.example.com/sign-in/link?secret=abc'
    expect(shown(link, forPeople)).toContain(`  Dashboard   ${link}  (once, within an hour)\n`)
  })

  it('later is how to get one, and nothing to a log collector', () => {
    expect(shown(null, true)).toContain(
      '  Dashboard   https://meter.example.com/  (as the operator: npx promptmeter admin-link --url http://127.0.0.1:4000)\n',
    )
    expect(shown(null, false)).toBe('')
  })
})
