import type { SpawnOptions } from 'node:child_process'
import { chown, readFile, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { TestPostgresError } from './errors.ts'

/** What `spawn` needs to run as another account; empty to run as oneself. */
export type Account = Pick<SpawnOptions, 'uid' | 'gid'>

export const isRoot = process.getuid?.() === 0

/**
 * The account PostgreSQL runs as, which also becomes the folder's owner. PostgreSQL refuses root, and initdb refuses
 * a uid without a passwd line, so root borrows an account that exists: `nobody`, else the first that may own files
 * here (a user namespace maps only some).
 */
export async function giveToUnprivilegedAccount(folder: string, ...files: string[]): Promise<Account> {
  if (!isRoot) return {}
  for (const { uid, gid } of await unprivilegedAccounts()) {
    try {
      for (const path of [...files, folder]) await chown(path, uid, gid)
      return { uid, gid }
    } catch (error) {
      if (!['EINVAL', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  const message = 'PostgreSQL refuses to run as root, and /etc/passwd names no other account to run it as.'
  throw new TestPostgresError('start_failed', message)
}

async function unprivilegedAccounts(): Promise<{ uid: number; gid: number }[]> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  return lines
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0)
    .sort((a, b) => Number(b.name === 'nobody') - Number(a.name === 'nobody'))
}

/** The system's temporary folder, or /tmp when root's own (`TMPDIR=/root/tmp`) is closed to other accounts. */
export async function openTemporaryFolder(): Promise<string> {
  return (await isOpenToOthers(tmpdir())) ? tmpdir() : '/tmp'
}

/** Whether the account PostgreSQL will run as can pass through the folder and all above it. */
export async function isOpenToOthers(folder: string): Promise<boolean> {
  if (!isRoot) return true
  for (let path = await realpath(folder); ; path = dirname(path)) {
    if (((await stat(path)).mode & 0o001) === 0) return false
    if (path === dirname(path)) return true
  }
}
