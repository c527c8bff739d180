import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TestPostgresError } from './errors.ts'
import type { Account } from './unprivileged-account.ts'
import type { Watchdog } from './watchdog.ts'

/** Where a server lives: its throw-away folder, the account that owns it, and who clears it away. */
export interface ServerHome {
  readonly folder: string
  readonly account: Account
  readonly watchdog: Watchdog
}

export interface RunningProgram {
  readonly child: ChildProcess
  readonly exited: Promise<unknown>
  /** What this run last wrote to the log. */
  lastLogLines(): Promise<string>
}

const LOG_LINES = 20

/** Runs one of PostgreSQL's programs as the home's account, its output in `log`, watched until it exits. */
export async function runProgram(home: ServerHome, program: string, args: string[]): Promise<RunningProgram> {
  const logPath = join(home.folder, 'log')
  await using log = await open(logPath, 'a')
  const logStart = (await log.stat()).size
  const child = spawn(program, args, {
    ...home.account,
    // The caller's folder may be closed to the account; its PG… variables are not meant for this server.
    cwd: home.folder,
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log.fd, log.fd],
    // Ctrl-C in a terminal is for the tests; the watchdog then stops the server.
    detached: true,
  })
  home.watchdog.watch(child.pid ?? 0)
  const exited = once(child, 'exit').finally(() => home.watchdog.watch(0))
  exited.catch(() => {})
  await once(child, 'spawn').catch((cause: Error) => {
    throw new TestPostgresError('start_failed', cause.message, { cause })
  })
  const lastLogLines = async () => {
    const lines = (await readFile(logPath)).subarray(logStart).toString().trimEnd().split('\n')
    return lines.slice(-LOG_LINES).join('\n')
  }
  return { child, exited, lastLogLines }
}

export function hasExited({ child }: RunningProgram): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
