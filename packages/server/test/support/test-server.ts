import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/promptmeter.js', import.meta.url))
const READY_WITHIN_MS = 100_000
const POLL_INTERVAL_MS = 20

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  readonly body: any
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A server process of its own, as an operator runs it; it may be stopped, killed and started again at its address. */
export interface TestServer {
  readonly url: string
  readonly pid: number
  /** Everything it has written so far, over all its runs. */
  readonly output: string
  /** How the current run ended, once it has. */
  readonly exited: Promise<Exit>
  /** Starts it again and waits until it is ready. */
  start(): Promise<void>
  signal(name: NodeJS.Signals): void
  stop(name?: NodeJS.Signals): Promise<Exit>
  kill(): Promise<Exit>
  /** Resolves once `/readyz` answers with this status. */
  untilReadinessIs(status: number): Promise<void>
  /** Signs a user in, registered on the way, and gives the session token. */
  signUp(email: string): Promise<string>
  /** @throws TypeError when no whole answer came */
  track(token: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  request(path: string, init?: RequestInit): Promise<Answer>
}

/** Starts a server and waits until it is ready. Kill it at the end of the test, however that ends. */
export async function startTestServer(environment: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await createTestServer(environment)
  await server.start()
  return server
}

/** A server that is not running yet, for tests of the start itself. */
export async function createTestServer(environment: Readonly<Record<string, string>>): Promise<
  TestServer & {
    /** Starts it without waiting for anything. */
    spawn(): void
  }
> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let exited: Promise<Exit> = Promise.resolve({ code: null, signal: null })
  let output = ''

  const spawnServer = () => {
    child = spawn(process.execPath, [PROGRAM, 'serve'], {
      // Only what the test says: a setting of the developer's shell must not decide how it ends.
      env: { PATH: process.env.PATH, REGISTRATION: 'open', ...environment, PORT: String(port) },
      cwd: environment.DATA_DIR,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
    }
    exited = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  }
  const running = () => child?.exitCode === null && child.signalCode === null
  const end = (name: NodeJS.Signals) => {
    if (running()) child?.kill(name)
    return exited
  }

  const request = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init)
    const text = await response.text()
    const json = response.headers.get('content-type')?.startsWith('application/json')
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text }
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  const untilReadinessIs = async (status: number) => {
    const deadline = Date.now() + READY_WITHIN_MS
    while (running() && Date.now() < deadline) {
      const answer = await request('/readyz').catch(() => null)
      if (answer?.status === status) return
      await sleep(POLL_INTERVAL_MS)
    }
    throw new Error(`/readyz did not come to answer ${status}; the server said:\n${output.slice(-2000)}`)
  }

  return {
    url,
    get pid() {
      return child?.pid ?? 0
    },
    get output() {
      return output
    },
    get exited() {
      return exited
    },
    spawn: spawnServer,
    async start() {
      spawnServer()
      await untilReadinessIs(200)
    },
    signal: (name) => void child?.kill(name),
    stop: (name = 'SIGTERM') => end(name),
    kill: () => end('SIGKILL'),
    untilReadinessIs,
    async signUp(email) {
      const { body } = await post('/signup', { email })
      return body.sessionToken
    },
    track: (token, body, headers) =>
      post('/trackUsage', body, { authorization: `Bearer ${token}`, ...headers }),
    request,
  }
}

/** Below the range of outgoing connections: a client that retries a dead port there can end up talking to itself. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
