import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import {
  type BrowserPage,
  createTestBrowser,
  type TestBrowser,
} from '../../../server/test/support/browser.ts'
import { EMAIL_SETTINGS, printedCode } from '../../../server/test/support/editor.ts'
import { startTestApp } from '../../../server/test/support/test-app.ts'
import { createClient, type PromptmeterClient } from '../../src/index.ts'

/** A server that listens, where people sign in by a code that is printed, and the browser of one of them. */
export interface SignInServer {
  readonly url: string
  readonly client: PromptmeterClient
  readonly browser: TestBrowser
  /** Types an address and the code that was sent to it. */
  proveByCode(page: BrowserPage, email: string): Promise<BrowserPage>
  close(): Promise<void>
}

export async function startSignInServer(): Promise<SignInServer> {
  // Links are built from the address, so it is chosen before the server starts.
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const app = await startTestApp('postgres', { environment: { ...EMAIL_SETTINGS, PUBLIC_URL: url } })
  await app.app.listen({ port, host: '127.0.0.1' })
  const browser = createTestBrowser([app], url)
  return {
    url,
    client: createClient({ serverUrl: url }),
    browser,
    async proveByCode(page, email) {
      const codePage = await browser.submit(page, '/email', { email })
      return browser.submit(codePage, '/code', { code: await printedCode([app], email) })
    },
    async close() {
      app.app.server.closeAllConnections()
      await app.close()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
