import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export interface ServerProcessOptions {
  /** A file and its arguments, run by the Node that runs the benchmark. */
  readonly command: readonly string[]
  /** Put before the port as the last argument, for a program that does not read PORT: `--port=`. */
  readonly portFlag?: string
  /** Beside PORT, which is chosen here, and the few variables every process needs. */
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 once the server is ready; when omitted, any answer to `GET /` will do. */
  readonly readyPath?: string
}

const startTimeoutMs = 30_000
const stopTimeoutMs = 15_000

/**
 * Starts a server on a free port of 127.0.0.1 and waits until it answers. Its output is kept quiet unless it fails.
 * @throws when it exits or is not ready in 30 seconds, with the end of its output.
 */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  // Not the whole environment: a DATABASE_URL or NODE_OPTIONS of the developer must not change what is measured.
  const { PATH = '', HOME = '' } = process.env
  const portArguments = options.portFlag === undefined ? [] : [`${options.portFlag}${port}`]
  const child = spawn(process.execPath, [...options.command, ...portArguments], {
    env: { PATH, HOME, NODE_ENV: 'production', ...options.env, PORT: String(port) },
    // Nor a .env file of the folder the benchmark was started in.
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = once(child, 'exit')
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null

  const stop = async (): Promise<void> => {
    if (hasExited()) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(timer)
  }

  const deadline = Date.now() + startTimeoutMs
  while (!(await isReady(url, options.readyPath))) {
    if (hasExited() || Date.now() > deadline) {
      const fate = hasExited() ? `exited with ${child.exitCode ?? child.signalCode}` : 'was not ready in time'
      await stop()
      throw new Error(`${options.command.join(' ')} ${fate}. The end of its output:\n${output}`)
    }
    await delay(50)
  }
  return { url, pid: child.pid as number, stop }
}

async function isReady(url: string, readyPath?: string): Promise<boolean> {
  try {
    const response = await fetch(new URL(readyPath ?? '/', url), { signal: AbortSignal.timeout(2000) })
    await response.arrayBuffer()
    return readyPath === undefined || response.ok
  } catch {
    return false
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
