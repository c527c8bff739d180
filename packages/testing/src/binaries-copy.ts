import { randomBytes } from 'node:crypto'
import { chmod, cp, lstat, readdir, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import type { Link } from './binaries.ts'
import { TestPostgresError } from './errors.ts'
import { openTemporaryFolder } from './unprivileged-account.ts'

/**
 * A copy every account can run, made once per `version` and kept in the temporary folder.
 * A copy that is incomplete (temporary folders get swept) or another account's is stepped over and never repaired:
 * a server may be running from it.
 */
export async function copyBinaries(native: string, links: Link[], version: string): Promise<string> {
  const parent = await openTemporaryFolder()
  for (let attempt = 0; attempt < 10; attempt++) {
    const folder = join(parent, `promptmeter-postgres-${version}-${process.getuid?.() ?? 0}-${attempt}`)
    const found = await lstat(folder).catch(() => null)
    if (!found) await makeCopy(native, links, folder)
    if (await isIntact(native, folder)) return folder
  }
  throw new TestPostgresError('start_failed', `Delete the broken copies of PostgreSQL in ${parent}.`)
}

async function makeCopy(native: string, links: Link[], folder: string): Promise<void> {
  const unfinished = `${folder}.${randomBytes(6).toString('hex')}`
  try {
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true, filter: isNeeded })
    for (const { source, target } of links) {
      const path = join(unfinished, relative('native', target))
      await symlink(relative(dirname(target), source), path).catch(ignore('EEXIST'))
    }
    await openToAll(unfinished)
    // A rename is all or nothing; whoever comes second finds a full folder there, and uses that.
    await rename(unfinished, folder).catch(ignore('ENOTEMPTY', 'EEXIST'))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** The package as installed under `umask 077` is closed to others even outside a closed folder. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755)
  }
}

async function isIntact(native: string, folder: string): Promise<boolean> {
  const { uid, mode } = await lstat(folder)
  if (uid !== (process.getuid?.() ?? uid) || (mode & 0o022) !== 0) return false
  const entries = await readdir(native, { recursive: true, withFileTypes: true })
  const checks = entries
    .filter((entry) => entry.isFile() && isNeeded(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map(async (path) => {
      const copy = await lstat(join(folder, relative(native, path))).catch(() => null)
      return copy?.size === (await lstat(path)).size
    })
  return (await Promise.all(checks)).every(Boolean)
}

/** Static libraries are for building against. */
function isNeeded(path: string): boolean {
  return !basename(path).endsWith('.a')
}

function ignore(...codes: string[]) {
  return (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
