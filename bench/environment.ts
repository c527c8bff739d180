import { execFile } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { findWrkVersion } from './load.ts'

/** What a reader needs to know before comparing these numbers with others. */
export interface Environment {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly kernel: string
  readonly node: string
  readonly wrk: string
  /** Of the last minute before the start: above 0.5, the machine was not ours alone. */
  readonly loadBefore: number
  /** The commit measured, with `-dirty` when tracked files differed from it. */
  readonly commit: string
  readonly date: string
}

export async function readEnvironment(): Promise<Environment> {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    wrk: await findWrkVersion(),
    loadBefore: loadavg()[0] ?? 0,
    commit: await readCommit(),
    date: new Date().toISOString(),
  }
}

async function readCommit(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(
      'git',
      ['describe', '--always', '--dirty', '--exclude', '*'],
      {
        cwd: import.meta.dirname,
      },
    )
    return stdout.trim()
  } catch {
    return 'unknown'
  }
}
