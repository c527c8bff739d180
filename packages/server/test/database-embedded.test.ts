import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from './support/run-command.ts'
import { createTestDatabase } from './support/test-database.ts'

it('a data folder of another PostgreSQL major is refused with how to get it over, and stays as it is', async () => {
  const testDatabase = await createTestDatabase('embedded')
  const file = join(testDatabase.dataDir, 'postgres', 'PG_VERSION')
  await writeFile(file, '17\n')
  for (const args of [['serve'], ['backup', 'x.backup'], ['restore', 'x.backup']]) {
    const refused = await runCommand(args, { ...testDatabase, cwd: testDatabase.dataDir })
    expect(refused.code, args[0]).toBe(1)
    expect(refused.stderr).toMatch(/made by PostgreSQL 17; this Promptmeter embeds PostgreSQL 18/)
    expect(refused.stderr).toMatch(/`promptmeter backup FILE`.*`promptmeter restore FILE`/)
  }
  expect(await readFile(file, 'utf8')).toBe('17\n')
  await testDatabase.remove()
})
