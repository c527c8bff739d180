import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

interface Report {
  readonly url: string
  readonly pid: number
  readonly dataFolder: string
  readonly binaryFolder: string
}

const SCRIPT = fileURLToPath(new URL('./start-and-wait.ts', import.meta.url))

/** Runs `start-and-wait.ts` in a Node of its own; resolves once its server answers. */
export async function startInOtherProcess(
  script = SCRIPT,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ child: ChildProcess; report: Report }> {
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'], env })
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, report: JSON.parse(line) }
  }
  throw new Error('the other process ended without a report')
}

/** Lets the other process remove its server and end. */
export async function finish(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.stdin?.end()
  await exited
}
