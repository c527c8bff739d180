import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config/config.ts'
import { FolderInUseError, lockFolder } from '../src/database/folder-lock.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { createTestDatabase } from './support/test-database.ts'
import { createTestServer, startTestServer } from './support/test-server.ts'

describe('the lock of an embedded data folder', () => {
  it('refuses a second process with what to do, and the first goes on', async () => {
    const testDatabase = await createTestDatabase('embedded')
    const first = await startTestServer(testDatabase.environment)
    const second = await createTestServer(testDatabase.environment)
    try {
      const token = await first.signUp('ada@example.com')
      second.spawn()
      expect(await second.exited).toEqual({ code: 1, signal: null })
      expect(second.output).toMatch(/^Another process has the data folder open .*stop the other one/)
      expect((await first.track(token, { usage: 1 })).body).toMatchObject({ currentPromptCount: 1 })
    } finally {
      await first.kill()
      await second.kill()
      await testDatabase.remove()
    }
  })

  it('is gone with its process, also after kill -9, and everything acknowledged is there', async () => {
    const testDatabase = await createTestDatabase('embedded')
    const first = await startTestServer(testDatabase.environment)
    const second = await createTestServer(testDatabase.environment)
    try {
      const token = await first.signUp('ada@example.com')
      await first.track(token, { usage: 1 })
      await first.kill()
      await second.start()
      expect((await second.track(token, { usage: 1 })).body).toMatchObject({ currentPromptCount: 2 })
    } finally {
      await first.kill()
      await second.kill()
      await testDatabase.remove()
    }
  })

  it('lets one of many in that come at once', async () => {
    const testDatabase = await createTestDatabase('embedded')
    const servers = await Promise.all(
      Array.from({ length: 3 }, () => createTestServer(testDatabase.environment)),
    )
    try {
      for (const server of servers) server.spawn()
      const winner = await Promise.any(
        servers.map((server) => server.untilReadinessIs(200).then(() => server)),
      )
      for (const server of servers) {
        if (server !== winner) expect(await server.exited).toMatchObject({ code: 1 })
      }
      expect((await winner.request('/readyz')).status).toBe(200)
    } finally {
      await Promise.all(servers.map((server) => server.kill()))
      await testDatabase.remove()
    }
  })

  it('holds inside one process too, and is free again once released', async () => {
    const testDatabase = await createTestDatabase('embedded')
    const file = join(testDatabase.dataDir, 'lock')
    const lock = lockFolder(file)
    expect(() => lockFolder(file)).toThrow(FolderInUseError)
    lock.release()
    lockFolder(file).release()
    await testDatabase.remove()
  })

  it('is freed when the database cannot be opened', async () => {
    const testDatabase = await createTestDatabase('embedded')
    await writeFile(join(testDatabase.dataDir, 'postgres', 'PG_VERSION'), '17\n')
    const open = () => openDatabase(parseConfig(testDatabase.environment), () => {})
    await expect(open()).rejects.toThrow('was made by PostgreSQL 17')
    await expect(open()).rejects.toThrow('was made by PostgreSQL 17')
    await testDatabase.remove()
  })
})
