import { join } from 'node:path'
import { startServer } from './server-process.ts'
import { emails, groupTokens, type Target } from './target.ts'

/** (d): `node:http` answering a constant. Its tokens are as long as real ones, so that requests weigh the same. */
export const httpConstantTarget: Target = {
  name: 'd',
  title: 'node:http, a constant',
  async start() {
    const server = await startServer({
      command: [join(import.meta.dirname, '../baseline/http-constant.ts')],
      env: {},
    })
    return { ...server, tokens: groupTokens(emails.map((_, index) => String(index).padStart(400, 'x'))) }
  },
}
