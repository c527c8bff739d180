import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/promptmeter.js', import.meta.url))

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  /** The same as it came, where it is no text. */
  readonly stdoutBytes: Buffer
  readonly stderr: string
}

export interface CommandOptions {
  /** All there is in its environment, beside PATH. */
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd: string
  /** What it reads from standard input; nothing when left out. */
  readonly input?: string | Buffer | Iterable<string>
}

/** Runs the command line as its user does, in a process of its own, and waits for its end. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const { input = '' } = options
  const [stdoutBytes, stderr] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    // It may end before it has read everything.
    pipeline(Readable.from(isOnePiece(input) ? [input] : input), child.stdin).catch(() => {}),
  ])
  return { code: await ended, stdout: stdoutBytes.toString(), stdoutBytes, stderr }
}

function isOnePiece(input: string | Buffer | Iterable<string>): input is string | Buffer {
  return typeof input === 'string' || Buffer.isBuffer(input)
}
