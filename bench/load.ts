import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = join(import.meta.dirname, 'load.lua')

/** One kind of request, sent over and over with changing bearer tokens. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  /** Beside Authorization and, with a body, Content-Type. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface LoadOptions {
  readonly url: string
  readonly request: LoadRequest
  /** Each request carries one of these, picked at random. */
  readonly tokens: readonly string[]
  readonly connections: number
  readonly seconds: number
  readonly signal?: AbortSignal
}

export interface LoadResult {
  /** Requests answered; those still under way at the end are not among them. */
  readonly requests: number
  /** Of all answers, heads included; of those still under way at the end too. */
  readonly bytes: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

interface WrkSummary {
  requests: number
  bytes: number
  durationUs: number
  p50Us: number
  p99Us: number
  maxUs: number
  errors: Record<'connect' | 'read' | 'write' | 'timeout' | 'status', number>
}

/**
 * The version of the `wrk` on this machine, such as `4.1.0`.
 * @throws when there is none, with how to get it.
 */
export async function findWrkVersion(): Promise<string> {
  // wrk prints its version and its usage, then exits with 1.
  const output = await run('wrk', ['--version']).then(
    ({ stdout }) => stdout,
    (error: NodeJS.ErrnoException & { stdout?: string }) => {
      if (error.code === 'ENOENT') {
        throw new Error(
          'The benchmark needs the load generator wrk. Install it with: apt-get install wrk (macOS: brew install wrk)',
        )
      }
      return error.stdout ?? ''
    },
  )
  return /^wrk\s+(?:debian\/)?(\d\S*)/m.exec(output)?.[1] ?? 'unknown'
}

/**
 * Sends requests as fast as they are answered, for `seconds`, from one thread of wrk: on two cores that leaves the larger part
 * to the server and the database.
 * @throws when any request fails to connect, to be answered in 10 seconds, or with a status below 400.
 */
export async function measureLoad(options: LoadOptions): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'promptmeter-bench-'))
  try {
    const tokensFile = join(folder, 'tokens')
    await writeFile(tokensFile, options.tokens.map((token) => `${token}\n`).join(''), { mode: 0o600 })
    const { method, path, body = '', headers = {} } = options.request
    const scriptArguments = [tokensFile, method, path, body, ...Object.entries(headers).flat()]
    const { stdout } = await run(
      'wrk',
      [
        ...[
          '--threads',
          '1',
          '--connections',
          String(options.connections),
          '--duration',
          `${options.seconds}s`,
        ],
        ...['--timeout', '10s', '--script', script, options.url, '--', ...scriptArguments],
      ],
      { signal: options.signal },
    )
    return loadResultFromOutput(stdout)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function loadResultFromOutput(output: string): LoadResult {
  const line = /^RESULT (.+)$/m.exec(output)?.[1]
  if (line === undefined) throw new Error(`wrk printed no result:\n${output}`)
  const summary = JSON.parse(line) as WrkSummary
  const failures = Object.entries(summary.errors).filter(([, count]) => count > 0)
  if (failures.length > 0) {
    const list = failures.map(([kind, count]) => `${count} ${kind}`).join(', ')
    throw new Error(`The run does not count, requests failed: ${list} (of ${summary.requests} answered).`)
  }
  if (summary.requests === 0) throw new Error('The run does not count: no request was answered.')
  return {
    requests: summary.requests,
    bytes: summary.bytes,
    requestsPerSecond: summary.requests / (summary.durationUs / 1e6),
    p50Ms: summary.p50Us / 1000,
    p99Ms: summary.p99Us / 1000,
    maxMs: summary.maxUs / 1000,
  }
}
