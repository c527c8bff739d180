import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findContradictions, withDatabase } from './support/ledger-audit.ts'
import { type CommandResult, runCommand } from './support/run-command.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

describeOnBothEngines('promptmeter users import', (engine) => {
  let testDatabase: TestDatabase
  let server: TestServer
  beforeAll(async () => {
    testDatabase = await createTestDatabase(engine)
    server = await startTestServer(testDatabase.environment)
  })
  afterAll(async () => {
    await server.kill()
    await testDatabase.remove()
  })

  const environment = () => ({ ADMIN_KEY: testDatabase.environment.ADMIN_KEY as string })

  const importFile = (file: string, ...args: string[]): Promise<CommandResult> =>
    runCommand(['users', 'import', file, '--url', server.url, ...args], {
      cwd: testDatabase.dataDir,
      environment: environment(),
    })

  const importText = (input: string | Iterable<string>, ...args: string[]): Promise<CommandResult> =>
    runCommand(['users', 'import', '-', '--url', server.url, ...args], {
      cwd: testDatabase.dataDir,
      environment: environment(),
      input,
    })

  const userOf = async (email: string) => {
    const path = `/api/admin/users?email=${encodeURIComponent(email)}`
    const { body } = await server.request(path, {
      headers: { authorization: `Bearer ${environment().ADMIN_KEY}` },
    })
    return body.users[0]
  }

  it('takes 50,000 rows as a stream, names each bad line, and run again counts nothing twice', async () => {
    const bad = new Map([
      [101, ['"never-closed@example.com,1,1,', 'The quotes of this line do not match.']],
      [202, ['no-address,1,1,', 'Email is invalid.']],
      [303, ['x@example.com,-1,1,', 'promptCount must be a whole number from 0 to 9007199254740991.']],
      [404, ['x@example.com,1', 'There are 2 fields; the first line names 4.']],
      [505, ['x@example.com,1,1,2999-01-01', 'createdAt must not be in the future.']],
      [49_999, [',1,1,', 'The email is missing.']],
    ])
    const rows = function* () {
      yield '\ufeffEmail,Prompt_Count,TOKENCOUNT,"Created At"\r\n'
      for (let line = 2; line <= 50_001; line++) {
        yield `${bad.get(line)?.[0] ?? `many-${line}@example.com,${line % 5},"${line}",2025-0${1 + (line % 9)}-01 10:00:00`}\r\n`
      }
    }
    const file = join(testDatabase.dataDir, 'many.csv')
    await writeFile(file, rows())
    const expected = [...bad].map(([line, [, problem]]) => `line ${line}: ${problem}`)
    const told = ({ stderr }: CommandResult) =>
      stderr
        .split('\n')
        .filter((line) => line.startsWith('line '))
        .sort()

    const first = await importFile(file)
    expect(told(first)).toEqual(expected.sort())
    expect(first.stdout).toBe('49,994 added, 0 there before and left as they are, 6 bad lines left out.\n')
    expect(first.code).toBe(1)

    const again = await importText(rows(), '--json')
    expect(JSON.parse(again.stdout)).toEqual({ added: 0, existed: 49_994, invalid: 6 })
    expect(told(again)).toEqual(expected.sort())

    expect(await userOf('many-49996@example.com')).toMatchObject({
      promptCount: 1,
      tokenCount: 49_996,
      createdAt: '2025-02-01T10:00:00.000Z',
    })
    await rm(file)
  })

  it('refuses columns that are not known until told to ignore them', async () => {
    const text = 'email;apiKey;promptCount\nold@example.com;sk-old;4\n'
    const refused = await importText(text)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('apiKey')
    expect(refused.stderr).toContain('email, threshold, promptCount, tokenCount, createdAt')
    expect(await userOf('old@example.com')).toBeUndefined()
    expect(await importText(text, '--ignore-unknown')).toMatchObject({ code: 0, stderr: '' })
    expect(await userOf('old@example.com')).toMatchObject({ promptCount: 4 })
  })

  it.each([
    ['', 'nothing in it'],
    ['promptCount\n1\n', 'email among them'],
    ['email,Email\na@example.com,b@example.com\n', 'twice'],
  ])('refuses a file that starts with %j', async (text, reason) => {
    const result = await importText(text)
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toContain(reason)
  })

  it('takes the threshold, and dates as databases write them', async () => {
    const result = await importText(
      [
        'createdAt,email,threshold',
        '2025-03-01,day@example.com,7',
        '2025-03-01 10:00:00+02,zone@example.com,',
        '2025-03-01T10:00:00.123Z,iso@example.com,9007199254740991',
        '',
      ].join('\n'),
    )
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(await userOf('day@example.com')).toMatchObject({
      createdAt: '2025-03-01T00:00:00.000Z',
      threshold: 7,
    })
    expect(await userOf('zone@example.com')).toMatchObject({
      createdAt: '2025-03-01T08:00:00.000Z',
      threshold: 10,
    })
    expect(await userOf('iso@example.com')).toMatchObject({ threshold: Number.MAX_SAFE_INTEGER })
  })

  it('is wrong usage where there is no such file', async () => {
    expect(await importFile('nowhere.csv')).toMatchObject({ code: 2, stdout: '' })
    expect(await importFile('.')).toMatchObject({ code: 2, stdout: '' })
  })

  it('cut off by a killed server is finished by running it again', async () => {
    const rows = function* () {
      yield 'email,promptCount,tokenCount\n'
      for (let index = 0; index < 20_000; index++) yield `cut-${index}@example.com,2,3\n`
    }
    const file = join(testDatabase.dataDir, 'cut.csv')
    await writeFile(file, rows())
    const cut = importFile(file)
    while ((await userOf('cut-400@example.com')) === undefined);
    await server.kill()
    await server.start()
    // The command waits for a server that comes back, or says so and is run again.
    expect([0, 5]).toContain((await cut).code)
    const again = await importFile(file, '--json')
    expect(again.code).toBe(0)
    const { added, existed } = JSON.parse(again.stdout)
    expect(added + existed).toBe(20_000)
    expect(await userOf('cut-19999@example.com')).toMatchObject({ promptCount: 2, tokenCount: 3 })
    await server.stop()
    expect(await withDatabase(testDatabase.environment, findContradictions)).toEqual([])
    await server.start()
  })
})
