import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeBackupFile } from '../src/backup/backup-file.ts'
import type { BackupPart } from '../src/backup/backup-format.ts'
import { type CommandResult, runCommand } from './support/run-command.ts'
import { readStoredRowsOf, type StoredRows } from './support/stored-rows.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'
import { startTestServer } from './support/test-server.ts'
import { addVariedUsage, type VariedUsage } from './support/varied-usage.ts'

/** Runs a command with the settings of a database and no others. */
function run(
  args: readonly string[],
  { environment }: { environment: Readonly<Record<string, string>> },
  input: Buffer = Buffer.alloc(0),
): Promise<CommandResult> {
  return runCommand(args, { environment, cwd: environment.DATA_DIR as string, input })
}

describeOnBothEngines('promptmeter backup', (engine) => {
  let source: TestDatabase
  let folder: string
  let stored: StoredRows
  beforeAll(async () => {
    source = await createTestDatabase(engine)
    await addVariedUsage(source)
    stored = await readStoredRowsOf(source.environment)
    folder = await mkdtemp(join(tmpdir(), 'promptmeter-backup-'))
  })
  afterAll(async () => {
    await source.remove()
    await rm(folder, { recursive: true })
  })

  it('writes a file for its owner alone, from which restore brings everything back', async () => {
    const file = join(folder, 'everything.backup')
    const backup = await run(['backup', file], source)
    expect(backup).toMatchObject({ code: 0, stderr: '' })
    expect(backup.stdout).toMatch(/^Backed up 4 users, 3 sessions, 10\d usage events/)
    expect(backup.stdout).toMatch(/JWT_SECRET .* what JWT_SECRET is set to/)
    expect((await stat(file)).mode & 0o777).toBe(0o600)

    const target = await createTestDatabase(engine)
    const restore = await run(['restore', file], target)
    expect(restore).toMatchObject({ code: 0, stderr: '' })
    expect(restore.stdout).toMatch(/^Restored 4 users, 3 sessions/)
    expect(await readStoredRowsOf(target.environment)).toEqual(stored)
    await target.remove()
  })

  it('passes through standard output and input, and tells as JSON what it held', async () => {
    const backup = await run(['backup', '-', '--json'], source)
    expect(backup.code).toBe(0)
    const written = JSON.parse(backup.stderr)
    expect(written).toMatchObject({ file: '-', totals: { users: { rows: 4 } } })

    const target = await createTestDatabase(engine)
    const restore = await run(['restore', '-', '--json'], target, backup.stdoutBytes)
    expect(restore).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(restore.stdout).totals).toEqual(written.totals)
    expect(await readStoredRowsOf(target.environment)).toEqual(stored)
    await target.remove()
  })

  it('refuses to restore over what is there', async () => {
    const file = join(folder, 'over.backup')
    await run(['backup', file], source)
    const refused = await run(['restore', file], source)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') })
    expect(await readStoredRowsOf(source.environment)).toEqual(stored)
  })
})

describe('the file of a backup', () => {
  let source: TestDatabase
  let folder: string
  beforeAll(async () => {
    source = await createTestDatabase('postgres')
    await addVariedUsage(source)
    folder = await mkdtemp(join(tmpdir(), 'promptmeter-backup-'))
  })
  afterAll(async () => {
    await source.remove()
    await rm(folder, { recursive: true })
  })

  it('is replaced only when told to, and never when it is no file', async () => {
    const file = join(folder, 'there.backup')
    await writeFile(file, 'precious')
    const refused = await run(['backup', file], source)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') })
    expect(await readFile(file, 'utf8')).toBe('precious')
    expect((await run(['backup', file, '--force'], source)).code).toBe(0)
    expect((await readFile(file)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
    expect(await run(['backup', '/dev/null', '--force'], source)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no file'),
    })
  })

  it('is written through a link that names it', async () => {
    const file = join(folder, 'linked.backup')
    const link = join(folder, 'latest.backup')
    await writeFile(file, 'older')
    await symlink(file, link)
    expect((await run(['backup', link, '--force'], source)).code).toBe(0)
    expect((await stat(file)).size).toBeGreaterThan(1000)
  })

  it('is not left half written when the backup is stopped, or its source fails', async () => {
    const target = join(folder, 'stopped.backup')
    const stopping = new AbortController()
    const header = { schemaVersion: 1, createdAt: '', serverVersion: '' }
    const endless = async function* (): AsyncGenerator<BackupPart> {
      yield { kind: 'header', header }
      stopping.abort()
      for (;;) yield { kind: 'rows', rows: ['{}'] }
    }
    const stopped = writeBackupFile(target, endless(), { force: false, signal: stopping.signal })
    await expect(stopped).rejects.toThrow('Stopped before the end.')
    const failing = async function* (): AsyncGenerator<BackupPart> {
      yield { kind: 'header', header }
      throw new Error('the database went away')
    }
    const { signal } = new AbortController()
    const failed = writeBackupFile(target, failing(), { force: false, signal })
    await expect(failed).rejects.toThrow('the database went away')
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([])
  })

  it('that cannot be written is named, and nothing is left half written', async () => {
    const nowhere = join(folder, 'no-such-folder/a.backup')
    const refused = await run(['backup', nowhere], source)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Cannot write .*ENOENT/) })
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([])
  })
})

describe('the commands that work on the database itself', () => {
  it('end with 2 on wrong usage, and explain themselves', async () => {
    const source = await createTestDatabase('postgres')
    expect((await run(['backup'], source)).code).toBe(2)
    expect((await run(['restore', 'a', 'b'], source)).code).toBe(2)
    for (const command of ['backup', 'restore', 'move']) {
      const help = await run([command, '--help'], source)
      expect(help.code).toBe(0)
      expect(help.stdout).toMatch(/Examples?:\n {2}\$ promptmeter/)
    }
    await source.remove()
  })
})

describe('promptmeter move', () => {
  let source: TestDatabase
  let usage: VariedUsage
  let stored: StoredRows
  let environment: Record<string, string>
  beforeAll(async () => {
    source = await createTestDatabase('embedded')
    // The secrets are those that the embedded server makes and keeps by itself.
    const { JWT_SECRET: _secret, ADMIN_KEY: _key, ...kept } = source.environment
    environment = kept
    usage = await addVariedUsage({ ...source, environment })
    stored = await readStoredRowsOf(environment)
  })
  afterAll(() => source.remove())

  it('takes everything to PostgreSQL, where tokens and retries go on with the same secret', async () => {
    const target = await createTestDatabase('postgres')
    const url = target.environment.DATABASE_URL as string
    const move = await run(['move', '--to', url], { environment })
    expect(move).toMatchObject({ code: 0, stderr: '' })
    expect(await readStoredRowsOf(target.environment)).toEqual(stored)
    expect(await readStoredRowsOf(environment)).toEqual(stored)

    const report = move.stdout
    const secretFile = join(source.dataDir, 'jwt-secret')
    expect(report).toContain(`the content of ${secretFile}`)
    expect(report).not.toContain(new URL(url).password)
    const secret = (await readFile(secretFile, 'utf8')).trim()
    expect(report).not.toContain(secret)

    const server = await startTestServer({ ...target.environment, JWT_SECRET: secret })
    try {
      const { key, body, answer } = usage.retry
      const replay = await server.track(usage.token, body, { 'idempotency-key': key })
      expect(replay.status).toBe(200)
      expect(replay.headers.get('idempotent-replayed')).toBe('true')
      expect(replay.body).toMatchObject(answer)
    } finally {
      await server.kill()
      await target.remove()
    }
  })

  it('takes the target from DATABASE_URL, which keeps its password out of the list of processes', async () => {
    const target = await createTestDatabase('postgres')
    const DATABASE_URL = target.environment.DATABASE_URL as string
    const move = await run(['move', '--json'], { environment: { ...environment, DATABASE_URL } })
    expect(move).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(move.stdout)).toMatchObject({
      totals: { users: { rows: 4 } },
      secrets: [
        { setting: 'JWT_SECRET', file: join(source.dataDir, 'jwt-secret') },
        { setting: 'ADMIN_KEY', file: join(source.dataDir, 'admin-key') },
      ],
    })
    expect(await readStoredRowsOf(target.environment)).toEqual(stored)
    await target.remove()
  })

  it('refuses a target that has users', async () => {
    const target = await createTestDatabase('postgres')
    const to = target.environment.DATABASE_URL as string
    expect((await run(['move', '--to', to], { environment })).code).toBe(0)
    expect(await run(['move', '--to', to], { environment })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not empty'),
    })
    await target.remove()
  })

  it.each([
    ['of another kind', 'mysql://root:hunter2@127.0.0.1/x', 2, "give --to 'postgres://…'"],
    ['where nobody listens', 'postgres://me:hunter2@127.0.0.1:9/x', 1, 'Cannot reach the database'],
    ['with a wrong password', 'postgres://me:hunter2@HERE/postgres', 1, 'refused the connection'],
    ['with a missing certificate', 'postgres://me:hunter2@HERE/x?sslrootcert=/no/ca.crt', 1, '/no/ca.crt'],
  ])('refuses a target %s without telling its password', async (_kind, to, code, message) => {
    const target = await createTestDatabase('postgres')
    const { host } = new URL(target.environment.DATABASE_URL as string)
    const refused = await run(['move', '--to', to.replace('HERE', host)], { environment })
    expect(refused).toMatchObject({ code, stderr: expect.stringContaining(message) })
    expect(refused.stderr + refused.stdout).not.toContain('hunter2')
    await target.remove()
  })
})

describe('the embedded database of a running server', () => {
  it('is refused to backup, restore and move, and the server goes on', async () => {
    const source = await createTestDatabase('embedded')
    const target = await createTestDatabase('postgres')
    const server = await startTestServer(source.environment)
    try {
      const token = await server.signUp('ada@example.com')
      for (const args of [
        ['backup', 'x.backup'],
        ['restore', 'x.backup'],
        ['move', '--to', target.environment.DATABASE_URL as string],
      ]) {
        expect(await run(args, source)).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/^The embedded database in .* is in use.* Stop it/),
        })
      }
      expect(existsSync(join(source.dataDir, 'x.backup'))).toBe(false)
      expect((await server.track(token, { usage: 1 })).body).toMatchObject({ currentPromptCount: 1 })
    } finally {
      await server.kill()
      await source.remove()
      await target.remove()
    }
  })
})

describe('a place without data', () => {
  it('is refused to backup and left as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'promptmeter-empty-'))
    expect(await run(['backup', 'x.backup'], { environment: { DATA_DIR: folder } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`There is no embedded database in ${folder}`),
    })
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true })
  })

  it('takes a restore: folder, schema and all are made', async () => {
    const source = await createTestDatabase('embedded')
    await addVariedUsage(source)
    const { stdoutBytes } = await run(['backup', '-'], source)
    const folder = await mkdtemp(join(tmpdir(), 'promptmeter-empty-'))
    const environment = { DATA_DIR: folder, JWT_SECRET: source.environment.JWT_SECRET as string }
    expect((await run(['restore', '-'], { environment }, stdoutBytes)).code).toBe(0)
    expect(await readStoredRowsOf(environment)).toEqual(await readStoredRowsOf(source.environment))
    await rm(folder, { recursive: true })
    await source.remove()
  })
})
