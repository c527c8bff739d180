import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { GatewayTarget, Upstream } from './gateway-target.ts'
import { startServer } from './server-process.ts'

/** `writes`: in how many writes to its socket it sends a stream, from 2. */
export async function startUpstream(writes: number): Promise<Upstream> {
  // As long as the key of an OpenAI project.
  const key = `sk-bench-${randomBytes(114).toString('base64url')}`
  const server = await startServer({
    command: [join(import.meta.dirname, '../upstream/upstream-server.ts')],
    env: { UPSTREAM_KEY: key, STREAM_WRITES: String(writes) },
  })
  return { ...server, key }
}

/** Straight to the upstream, which whoever started it stops. */
export const directTarget: GatewayTarget = {
  name: 'direct',
  title: 'straight to the upstream',
  start: async ({ url, pid, key }) => ({ url, pid, tokens: [key], stop: async () => {} }),
}
