import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinaries } from './binaries.ts'
import { createDatabase, dropDatabase, runSql } from './databases.ts'
import { TestPostgresError } from './errors.ts'
import { choosePort } from './free-port.ts'
import type { PostgresOptions, PostgresServer, StopMode } from './postgres-server.ts'
import { initialise, startPostmaster } from './postmaster.ts'
import { childPids, signal, waitUntilGone } from './processes.ts'
import { hasExited, type RunningProgram, type ServerHome } from './server-program.ts'
import { giveToUnprivilegedAccount, isOpenToOthers, openTemporaryFolder } from './unprivileged-account.ts'
import { startWatchdog } from './watchdog.ts'

const USER = 'promptmeter'
const PORT_ATTEMPTS = 10

/**
 * Starts a throw-away PostgreSQL on 127.0.0.1, as durable as PostgreSQL is by default. It ends with this process,
 * however that ends, and its folder with it.
 *
 * The password is random, not trust on loopback: any account on the machine can reach the port, and a superuser of
 * the database may run programs as its owner.
 * @throws TestPostgresError `binaries_missing`, `port_taken` (only for a given port) or `start_failed`
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const parent = options.directory ?? (await openTemporaryFolder())
  if (!(await isOpenToOthers(parent))) {
    const message = `Other accounts cannot enter ${parent}, and PostgreSQL refuses to run as root: give another folder.`
    throw new TestPostgresError('start_failed', message)
  }
  const binaries = await findBinaries()
  const folder = await mkdtemp(join(parent, 'promptmeter-postgres-'))
  const watchdog = startWatchdog(folder)
  try {
    const password = randomBytes(16).toString('hex')
    const passwordFile = join(folder, 'password')
    await writeFile(passwordFile, password, { mode: 0o600 })
    const home = { folder, watchdog, account: await giveToUnprivilegedAccount(folder, passwordFile) }
    const dataFolder = join(folder, 'data')
    await initialise(home, binaries.initdb, [
      ...['-D', dataFolder, `--username=${USER}`],
      ...['--auth=scram-sha-256', `--pwfile=${passwordFile}`],
    ])
    await rm(passwordFile)
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? choosePort()
      const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`
      const args = ['-D', dataFolder, ...settingArgs(options.settings, port)]
      try {
        const run = await startPostmaster(home, binaries.postgres, args, url)
        const version = String(await runSql(url, 'SHOW server_version'))
        return localPostgres(home, { program: binaries.postgres, args, url, version }, run)
      } catch (error) {
        const mayRetry = options.port === undefined && attempt < PORT_ATTEMPTS
        if (!(mayRetry && error instanceof TestPostgresError && error.code === 'port_taken')) throw error
      }
    }
  } catch (error) {
    await watchdog.close()
    throw error
  }
}

function settingArgs(settings: Record<string, string> = {}, port: number): string[] {
  const ours = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' }
  const all = { timezone: 'UTC', log_timezone: 'UTC', ...settings, ...ours }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

interface ServerCommand {
  readonly program: string
  readonly args: string[]
  readonly url: string
  readonly version: string
}

function localPostgres(home: ServerHome, command: ServerCommand, firstRun: RunningProgram): PostgresServer {
  const { url, version } = command
  let run = firstRun
  const end = async (endRun: (child: ChildProcess) => void) => {
    if (hasExited(run)) return
    run.child.ref()
    endRun(run.child)
    await run.exited
  }
  const stop = (mode: StopMode = 'fast') => end((child) => child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT'))
  return {
    url,
    version,
    restartable: true,
    get pid() {
      return run.child.pid ?? 0
    },
    createDatabase: (name, template) => createDatabase(url, name, template),
    dropDatabase: (database) => dropDatabase(url, database),
    stop,
    start: async () => {
      if (hasExited(run)) run = await startPostmaster(home, command.program, command.args, url)
    },
    kill: async () => {
      let children: number[] = []
      await end(({ pid = 0 }) => {
        // Frozen first, so that it neither forks nor begins its own recovery while its children die.
        signal(pid, 'SIGSTOP')
        children = childPids(pid)
        for (const each of [pid, ...children]) signal(each, 'SIGKILL')
      })
      await waitUntilGone(children, 10_000)
    },
    remove: async () => {
      await stop('immediate')
      await home.watchdog.close()
    },
  }
}
