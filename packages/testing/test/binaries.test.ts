import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findBinaries } from '../src/binaries.ts'
import { copyBinaries } from '../src/binaries-copy.ts'

let scratch: string
let native: string
const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'promptmeter-test-'))
  await chmod(scratch, 0o755)
  vi.stubEnv('TMPDIR', scratch)
  native = join(scratch, 'native')
  for (const part of ['bin', 'lib']) await mkdir(join(native, part), { recursive: true })
  await writeFile(join(native, 'bin', 'postgres'), '#!/bin/sh\ncat ../lib/libpq.so.5', { mode: 0o700 })
  await writeFile(join(native, 'lib', 'libpq.so.5.18'), 'linked', { mode: 0o600 })
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(scratch, { recursive: true, force: true })
})

test('a platform without binaries is told to name a server instead', async () => {
  await expect(findBinaries('sunos', 'sparc')).rejects.toMatchObject({
    code: 'binaries_missing',
    message: expect.stringContaining(
      'set TEST_DATABASE_URL to a PostgreSQL ≥ 15 you may create databases on',
    ),
  })
})

test('a copy has the links that the install script did not make', async () => {
  const folder = await copyBinaries(native, links, '1')
  expect(execFileSync('./postgres', { cwd: join(folder, 'bin'), encoding: 'utf8' })).toBe('linked')
})

test('processes that copy at the same time share one whole copy', async () => {
  const folders = await Promise.all(Array.from({ length: 8 }, () => copyBinaries(native, links, '1')))
  expect(new Set(folders).size).toBe(1)
  expect((await readdir(scratch)).filter((name) => name.startsWith('promptmeter-postgres-'))).toHaveLength(1)
})

test('a copy that was swept in part is stepped over', async () => {
  const swept = await copyBinaries(native, links, '1')
  await rm(join(swept, 'lib', 'libpq.so.5.18'))
  const whole = await copyBinaries(native, links, '1')
  expect(whole).not.toBe(swept)
  expect(dirname(whole)).toBe(scratch)
  expect(await copyBinaries(native, links, '1')).toBe(whole)
})

test('a copy that other accounts could have changed is not run', async () => {
  const open = await copyBinaries(native, links, '1')
  await chmod(open, 0o777)
  expect(await copyBinaries(native, links, '1')).not.toBe(open)
})
