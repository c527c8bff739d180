import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CommandResult, runCommand } from './support/run-command.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let testDatabase: TestDatabase
let server: TestServer
/** A folder that knows of no server: no .env, no data. */
let elsewhere: string

beforeAll(async () => {
  testDatabase = await createTestDatabase('embedded')
  const { ADMIN_KEY: _, PORT: __, ...environment } = testDatabase.environment
  server = await startTestServer(environment)
  elsewhere = await mkdtemp(join(tmpdir(), 'promptmeter-cli-'))
})
afterAll(async () => {
  await server.kill()
  await testDatabase.remove()
  await rm(elsewhere, { recursive: true })
})

const run = (...args: string[]): Promise<CommandResult> =>
  runCommand([...args, '--url', server.url], {
    cwd: elsewhere,
    environment: { DATA_DIR: testDatabase.dataDir },
  })

const succeed = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const json = async (...args: string[]) => JSON.parse(await succeed(...args, '--json'))

describe('promptmeter users', () => {
  it('adds a user, shows them by address and id, and lists them', async () => {
    expect(await succeed('users', 'add', 'Ada@Example.com', '--threshold', '1500')).toMatch(
      /^Added ada@example\.com \([0-9a-f-]{36}\)\.\n$/,
    )
    const user = await json('users', 'show', 'ADA@example.com')
    expect(user).toMatchObject({ email: 'ada@example.com', threshold: 1500, promptCount: 0 })
    expect(await json('users', 'show', user.id)).toEqual(user)
    expect(await succeed('users', 'show', user.id)).toContain('Threshold  1,500\n')
    const list = await succeed('users', 'list', '--search', 'ADA@')
    const [titles, line] = list.split('\n') as [string, string]
    expect(line.indexOf('1,500') + '1,500'.length).toBe(titles.indexOf('Threshold') + 'Threshold'.length)
    expect(line).toContain('active')
  })

  it('changes, disables and enables a user', async () => {
    await succeed('users', 'add', 'changed@example.com')
    expect(await json('users', 'set', 'changed@example.com', '--threshold', 'none')).toMatchObject({
      threshold: 9007199254740991,
    })
    for (const role of ['admin', 'member'])
      expect(await json('users', 'set', 'changed@example.com', '--role', role)).toMatchObject({ role })
    expect(await json('users', 'set', 'changed@example.com', '--threshold', 'default')).toMatchObject({
      threshold: 10,
    })
    expect(await json('users', 'disable', 'changed@example.com')).toMatchObject({ disabled: true })
    expect(await succeed('users', 'show', 'changed@example.com')).toContain('disabled')
    expect(await json('users', 'enable', 'changed@example.com')).toMatchObject({ disabled: false })
  })

  it('removes a user only when told so', async () => {
    await succeed('users', 'add', 'removed@example.com')
    const asked = await run('users', 'remove', 'removed@example.com')
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toContain('--yes')
    expect(await succeed('users', 'remove', 'removed@example.com', '--yes')).toBe(
      'Removed removed@example.com.\n',
    )
    expect(await run('users', 'show', 'removed@example.com')).toMatchObject({ code: 3 })
  })

  it('lists as many as asked for, over pages, and says when there are more', async () => {
    const emails = Array.from({ length: 205 }, (_, index) => `paged-${index}@example.com\n`)
    await writeFile(join(elsewhere, 'paged.csv'), `email\n${emails.join('')}`)
    await succeed('users', 'import', 'paged.csv')
    const all = await json('users', 'list', '--search', 'paged-', '--all')
    expect(new Set(all.users.map(({ email }: { email: string }) => email)).size).toBe(205)
    expect(all.nextCursor).toBeNull()
    expect((await json('users', 'list', '--search', 'paged-', '--limit', '203')).users).toHaveLength(203)
    const { code, stdout, stderr } = await run('users', 'list', '--search', 'paged-')
    expect({ code, lines: stdout.trim().split('\n').length }).toEqual({ code: 0, lines: 51 })
    expect(stderr).toContain('--all')
  })
})

describe('promptmeter usage, sessions and correct', () => {
  it('corrects the usage of a user and shows it over time', async () => {
    await succeed('users', 'add', 'used@example.com')
    const reason = ['--reason', 'moved by hand']
    const at = ['--at', '2026-01-05T10:00:00Z', '--model', 'gpt-5-mini']
    await succeed('correct', 'used@example.com', '--usage', '12', '--tokens', '34567', ...at, ...reason)
    expect(
      await json('correct', 'used@example.com', '--usage', '-2', '--tokens', '-900', ...at, ...reason),
    ).toMatchObject({ promptCount: 10, tokenCount: 33667 })
    const range = ['--from', '2026-01-01', '--to', '2026-02-01']
    expect(await succeed('usage', 'used@example.com', ...range, '--group-by', 'model')).toBe(
      [
        'Usage from 2026-01-01 00:00 to 2026-02-01 00:00 UTC',
        '',
        'Day (UTC)   Model       Prompts  Tokens',
        '2026-01-05  gpt-5-mini       10  33,667',
        'Total                        10  33,667',
        '',
      ].join('\n'),
    )
    const history = await json('usage', 'used@example.com', ...range, '--interval', 'month')
    expect(history.buckets).toEqual([
      { start: '2026-01-01T00:00:00.000Z', promptCount: 10, tokenCount: 33667, costMicros: 0 },
    ])
    const refused = await run('correct', 'used@example.com', '--usage', '-11', ...at, ...reason)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('there are 10')
  })

  it('corrects once under one key', async () => {
    await succeed('users', 'add', 'keyed@example.com')
    const correction = ['correct', 'keyed@example.com', '--usage', '3', '--reason', 'x', '--key', 'k-1']
    await succeed(...correction)
    await succeed(...correction)
    expect(await json('users', 'show', 'keyed@example.com')).toMatchObject({ promptCount: 3 })
  })

  it('lists sessions and ends one or all of them', async () => {
    const tokens = [await server.signUp('signed@example.com'), await server.signUp('signed@example.com')]
    const { sessions } = await json('sessions', 'signed@example.com')
    expect(sessions).toHaveLength(2)
    expect(await succeed('sessions', 'signed@example.com', '--revoke', sessions[0].id)).toBe(
      'Ended 1 session of signed@example.com.\n',
    )
    expect((await server.track(tokens[1] as string, { usage: 1 })).status).toBe(403)
    expect((await server.track(tokens[0] as string, { usage: 1 })).status).toBe(200)
    expect(await json('sessions', 'signed@example.com', '--revoke-all')).toEqual({ revoked: 1 })
    const states = (await succeed('sessions', 'signed@example.com')).match(/\b(revoked|live)\b/g)
    expect(states).toEqual(['revoked', 'revoked'])
    expect(await run('sessions', 'signed@example.com', '--revoke', 'nonsense')).toMatchObject({ code: 3 })
  })
})

describe('the exit code', () => {
  it.each([
    ['a user who is there already', 1, ['users', 'add', 'user@example.com', '--threshold', '1']],
    ['an address that is none', 1, ['users', 'add', 'nobody']],
    ['no command', 2, ['users']],
    ['an unknown command', 2, ['users', 'grow']],
    ['an unknown option', 2, ['users', 'list', '--colour']],
    ['a missing argument', 2, ['users', 'show']],
    ['a missing reason', 2, ['correct', 'user@example.com', '--usage', '1']],
    ['nothing to correct', 2, ['correct', 'user@example.com', '--reason', 'x']],
    ['a number that is none', 2, ['users', 'add', 'x@example.com', '--threshold', '1.5']],
    ['a choice that is none', 2, ['users', 'list', '--sort', 'age']],
    ['a name that is no user', 2, ['users', 'show', 'ada']],
    ['no such user', 3, ['usage', 'nobody@example.com']],
    ['no such id', 3, ['users', 'show', '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071']],
  ])('of %s is %d, told on stderr alone', async (_, code, args) => {
    await run('users', 'add', 'user@example.com')
    const result = await run(...args)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).not.toMatch(/\n\s+at /)
    expect(result.stderr.length).toBeGreaterThan(10)
  })

  it.each([[['--help']], [['users', '--help']], [['correct', '--help']], [['--version']]])(
    'of %j is 0',
    async (args) => {
      const result = await runCommand(args, { cwd: elsewhere })
      expect(result).toMatchObject({ code: 0, stderr: '' })
    },
  )

  it('is documented in the help, beside every command', async () => {
    const { stdout } = await runCommand(['--help'], { cwd: elsewhere })
    for (const name of ['serve', 'users', 'plans', 'prices', 'usage', 'sessions', 'correct'])
      expect(stdout).toContain(`  ${name}`)
    for (const code of [0, 1, 2, 3, 4, 5]) expect(stdout).toMatch(new RegExp(`^ {2}${code} {2}`, 'm'))
  })
})

describe('the server and its key', () => {
  const SECRET = 'a-key-that-nobody-may-see'

  it('are found by HOST, PORT and DATA_DIR, from the environment and from .env', async () => {
    await run('users', 'add', 'user@example.com')
    const { port } = new URL(server.url)
    const fromEnvironment = await runCommand(['users', 'show', 'user@example.com'], {
      cwd: elsewhere,
      environment: { PORT: port, HOST: '0.0.0.0', DATA_DIR: testDatabase.dataDir },
    })
    expect(fromEnvironment).toMatchObject({ code: 0, stderr: '' })
    const folder = await mkdtemp(join(elsewhere, 'env-'))
    await writeFile(join(folder, '.env'), `PORT=${port}\nDATA_DIR=${testDatabase.dataDir}\n`)
    expect(await runCommand(['users', 'show', 'user@example.com'], { cwd: folder })).toMatchObject({
      code: 0,
      stderr: '',
    })
  })

  it('without a key it says where one could come from', async () => {
    const result = await runCommand(['users', 'list'], { cwd: elsewhere })
    expect(result).toMatchObject({ code: 4, stdout: '' })
    expect(result.stderr).toContain('ADMIN_KEY')
  })

  it('refused, the key is named by its source and never shown', async () => {
    for (const key of [SECRET, `${SECRET}\u0001`, `${SECRET} ${SECRET}`, `${SECRET}é`]) {
      const result = await runCommand(['users', 'list', '--url', server.url], {
        cwd: elsewhere,
        environment: { ADMIN_KEY: key },
      })
      expect(result).toMatchObject({ code: 4, stdout: '' })
      expect(result.stderr).toContain('ADMIN_KEY')
      expect(result.stderr).not.toContain(SECRET)
    }
  })

  it('away, it says how to start one', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => closed.once('listening', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const result = await runCommand(['users', 'list', '--url', `http://127.0.0.1:${port}`], {
      cwd: elsewhere,
      environment: { ADMIN_KEY: SECRET },
    })
    expect(result).toMatchObject({ code: 5, stdout: '' })
    expect(result.stderr).toContain('npm start')
    expect(result.stderr).not.toContain(SECRET)
  })

  it('another program at the address is told from Promptmeter, and gets the key no further', async () => {
    const seen: string[] = []
    const stranger = createServer((request, response) => {
      seen.push(request.url ?? '')
      response.writeHead(302, { location: `${server.url}/api/admin/users` }).end('<html>')
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => stranger.once('listening', resolve))
    try {
      const { port } = stranger.address() as AddressInfo
      const result = await runCommand(['users', 'list', '--url', `http://127.0.0.1:${port}`], {
        cwd: elsewhere,
        environment: { ADMIN_KEY: SECRET },
      })
      expect(result).toMatchObject({ code: 1, stdout: '' })
      expect(result.stderr).toContain('is not Promptmeter')
      expect(seen).toHaveLength(1)
    } finally {
      stranger.close()
    }
  })

  it.each(['nonsense', 'ftp://127.0.0.1', 'http://user:pass@127.0.0.1:3000'])(
    'refuses --url %s',
    async (url) => {
      const result = await runCommand(['users', 'list', '--url', url], { cwd: elsewhere })
      expect(result).toMatchObject({ code: 2, stdout: '' })
    },
  )
})
