import type { Config } from '../config/config.ts'
import { FIRST_USER, type RunningServer } from '../server.ts'
import { version } from '../version.ts'

/** What somebody needs who has just started the server; nothing for a log collector, which reads JSON lines. */
export function banner(server: RunningServer, config: Config, { forPeople }: { forPeople: boolean }): string {
  if (!forPeople && !server.firstStart) return ''
  const database =
    server.engine === 'embedded' ? `embedded, in ${config.dataDir}` : 'PostgreSQL (DATABASE_URL)'
  const user = server.firstStart ? FIRST_USER : 'you@example.com'
  const welcome = server.firstStart ? `\n  A first user is there to try with: ${FIRST_USER}` : ''
  return `
  Promptmeter ${version}

  Address     ${server.url}
  Database    ${database}
  Reference   ${server.url}/docs
${welcome}
  Add a user  npx promptmeter users add you@example.com
  Try it      curl -s ${server.url}/signup -H 'content-type: application/json' -d '{"email":"${user}"}'

`
}
