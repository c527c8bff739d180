import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { FIRST_USER, type RunningServer } from '../server.ts'
import { version } from '../version.ts'

/** Where the command line looks for a server, and for its admin key, when nothing else is said. */
const DEFAULT_URL = 'http://127.0.0.1:3000'
const DEFAULT_DATA_DIR = './data'

/** What somebody needs who has just started the server; nothing for a log collector, which reads JSON lines. */
export function banner(server: RunningServer, config: Config, { forPeople }: { forPeople: boolean }): string {
  if (!forPeople && !server.firstStart) return ''
  const database =
    server.engine === 'embedded' ? `embedded, in ${config.dataDir}` : 'PostgreSQL (DATABASE_URL)'
  const user = server.firstStart ? FIRST_USER : 'you@example.com'
  const welcome = server.firstStart ? `\n  A first user is there to try with: ${FIRST_USER}` : ''
  const dashboard =
    server.operatorLink === null
      ? `${server.dashboardUrl}/  (as the operator: ${command('admin-link', server, config)})`
      : `${server.operatorLink}  (once, within an hour)`
  const mail = config.signIn.mail
  const codes =
    mail?.smtpUrl === null
      ? '\n  Codes to sign in are printed here: SMTP_URL is not set, so no mail is sent\n'
      : ''
  return `
  Promptmeter ${version}

  Address     ${server.url}
  Database    ${database}
  Reference   ${server.url}/docs
  Dashboard   ${dashboard}
${welcome}${codes}
  Add a user  ${command('users add you@example.com', server, config)}
  Try it      ${tryCommand(server.url, user, config)}

`
}

/** What shows that it works: a session by address, or the metadata that a browser sign-in begins with. */
function tryCommand(url: string, user: string, { signIn: { ways } }: Config): string {
  if (!ways.includes('trusted') && !ways.includes('email'))
    return `curl -s ${url}/.well-known/oauth-authorization-server`
  return `curl -s ${url}/signup -H 'content-type: application/json' -d '{"email":"${user}"}'`
}

/** As it works in another terminal, which has the settings of `.env` but not those of this one. */
function command(words: string, server: RunningServer, config: Config): string {
  const elsewhere = server.engine === 'embedded' && config.dataDir !== resolve(DEFAULT_DATA_DIR)
  const dataDir = elsewhere ? `DATA_DIR=${config.dataDir} ` : ''
  const url = server.url === DEFAULT_URL ? '' : ` --url ${server.url}`
  return `${dataDir}npx promptmeter ${words}${url}`
}
