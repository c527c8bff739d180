import { setTimeout as sleep } from 'node:timers/promises'
import { runSql } from './databases.ts'
import { TestPostgresError } from './errors.ts'
import { hasExited, type RunningProgram, runProgram, type ServerHome } from './server-program.ts'

/** Long enough for crash recovery after a benchmark. */
const READY_TIMEOUT_MS = 120_000

/**
 * Makes the data folder: UTF-8, the same order of text on every machine.
 * @throws TestPostgresError `start_failed`
 */
export async function initialise(home: ServerHome, initdb: string, args: string[]): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8']
  const run = await runProgram(home, initdb, [...args, ...locale, '--no-sync', '--no-instructions'])
  await run.exited
  if (run.child.exitCode !== 0) throw await startFailed(run, 'initdb failed')
}

/**
 * Runs `postgres` and resolves once it answers at `url`. The running server does not keep this process alive.
 * @throws TestPostgresError `port_taken` or `start_failed`, with the end of the log; nothing runs then
 */
export async function startPostmaster(
  home: ServerHome,
  postgres: string,
  args: string[],
  url: string,
): Promise<RunningProgram> {
  const run = await runProgram(home, postgres, args)
  const deadline = Date.now() + READY_TIMEOUT_MS
  // The password is random: another server, quicker on this port, refuses us rather than pass for ours.
  while (!(await answers(url))) {
    if (hasExited(run)) throw await startFailed(run, 'PostgreSQL stopped while starting')
    if (Date.now() > deadline) {
      run.child.kill('SIGQUIT')
      await run.exited
      throw await startFailed(run, `PostgreSQL did not answer within ${READY_TIMEOUT_MS} ms`)
    }
    await sleep(20)
  }
  run.child.unref()
  return run
}

function answers(url: string): Promise<boolean> {
  return runSql(url, 'SELECT true').then(
    () => true,
    () => false,
  )
}

async function startFailed(run: RunningProgram, what: string): Promise<TestPostgresError> {
  const log = await run.lastLogLines()
  if (log.includes('could not bind')) {
    return new TestPostgresError('port_taken', `Another server has the port: give another.\n${log}`)
  }
  return new TestPostgresError('start_failed', `${what}. Mend what its log says:\n${log}`)
}
