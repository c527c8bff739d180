import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { runSql } from '../src/databases.ts'
import { startPostgres, usePostgres } from '../src/index.ts'

vi.setConfig({ testTimeout: 60_000 })
afterEach(() => vi.unstubAllEnvs())

test('without TEST_DATABASE_URL the server is our own', async () => {
  vi.stubEnv('TEST_DATABASE_URL', '')
  const server = await usePostgres()
  onTestFinished(() => server.remove())
  expect(server.restartable).toBe(true)
  expect(await runSql(await server.createDatabase(), 'SELECT 1')).toBe(1)
})

test('the server of TEST_DATABASE_URL is never stopped and loses only what was created on it', async () => {
  const own = await startPostgres()
  onTestFinished(() => own.remove())
  vi.stubEnv('TEST_DATABASE_URL', own.url)
  const theirs = await own.createDatabase()

  const server = await usePostgres()
  expect(server).toMatchObject({ url: own.url, version: own.version, restartable: false })
  for (const refused of [
    () => server.stop(),
    () => server.start(),
    () => server.kill(),
    async () => server.pid,
  ]) {
    await expect(refused()).rejects.toMatchObject({ code: 'not_ours' })
  }
  const created = await server.createDatabase()
  expect(await runSql(created, 'SELECT 1')).toBe(1)
  await server.remove()
  await expect(runSql(created, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' })
  expect(await runSql(theirs, 'SELECT 1')).toBe(1)
})

test('a TEST_DATABASE_URL that does not answer is named in the error', async () => {
  vi.stubEnv('TEST_DATABASE_URL', 'postgres://nobody@127.0.0.1:1/none')
  await expect(usePostgres()).rejects.toMatchObject({
    code: 'server_unusable',
    message: expect.stringMatching(/^TEST_DATABASE_URL does not answer: .*ECONNREFUSED/),
  })
})
