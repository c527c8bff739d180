import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MailServer, startMailServer } from '../../packages/server/test/support/mail-server.ts'
import {
  type ScriptedUpstream,
  startUpstream,
  UPSTREAM_KEY,
} from '../../packages/server/test/support/scripted-upstream.ts'
import {
  type Answer,
  startTestServer,
  type TestServer,
} from '../../packages/server/test/support/test-server.ts'

const ADMIN_KEY = 'the-admin-key-of-the-end-to-end-tests'

/** The real server, as an operator runs it, with a mail server and an AI provider behind it. */
export interface Promptmeter {
  /** Where it stands, now and after it was away; it is its PUBLIC_URL too. */
  readonly url: string
  readonly server: TestServer
  readonly mails: MailServer
  /** `takeCall()` lets a test answer a call piece by piece. */
  readonly upstream: ScriptedUpstream
  /** Asks the admin API; the body is sent as JSON. @throws Error when it refuses */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  admin(method: string, path: string, body?: unknown): Promise<any>
  /** Asks as a user. */
  as(token: string, path: string, init?: RequestInit): Promise<Answer>
  /** Nobody listens at its address any more. What it had acknowledged is kept. */
  goAway(): Promise<void>
  /** It is back at its address, with its data, and ready. */
  comeBack(): Promise<void>
  /** Connections are taken and nothing is answered, as over a line that is dead. */
  hang(): void
  /** It goes on where it was. */
  goOn(): void
  close(): Promise<void>
}

/** Starts it and waits until it is ready. People sign in by mail, and whoever does is a user. */
export async function startPromptmeter(
  environment: Readonly<Record<string, string>> = {},
): Promise<Promptmeter> {
  const folder = await mkdtemp(join(tmpdir(), 'promptmeter-e2e-'))
  const mails = await startMailServer()
  const upstream = await startUpstream()
  const server = await startTestServer({
    DATA_DIR: folder,
    SIGN_IN: 'email',
    REGISTRATION: 'open',
    SMTP_URL: mails.url,
    MAIL_FROM: 'Promptmeter <no-reply@example.com>',
    API_KEY: UPSTREAM_KEY,
    UPSTREAM_URL: upstream.url,
    ADMIN_KEY,
    ...environment,
  })
  return {
    url: server.url,
    server,
    mails,
    upstream,
    async admin(method, path, body) {
      const answer = await server.request(path, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
      return answer.body
    },
    as: (token, path, init = {}) =>
      server.request(path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } }),
    async goAway() {
      await server.kill()
    },
    comeBack: () => server.start(),
    hang: () => server.signal('SIGSTOP'),
    goOn: () => server.signal('SIGCONT'),
    async close() {
      await server.kill()
      await upstream.close()
      await mails.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
