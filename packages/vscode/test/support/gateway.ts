import { createClient, type PromptmeterClient } from '@promptmeter/client'
import { afterAll, beforeAll } from 'vitest'
// Says what the tests' databases are provided with.
import type {} from '../../../server/test/support/global-setup.ts'
import { startTestGateway, type TestGateway } from '../../../server/test/support/test-gateway.ts'

/** A real server with a scripted upstream, for all tests of a file. */
export function useGateway(): { readonly current: TestGateway } {
  let gateway: TestGateway | undefined
  beforeAll(async () => {
    gateway = await startTestGateway('postgres')
  })
  afterAll(() => gateway?.close())
  return {
    get current() {
      if (gateway === undefined) throw new Error('no gateway yet')
      return gateway
    },
  }
}

export function clientOf(gateway: TestGateway, token: string | null): PromptmeterClient {
  return createClient({ serverUrl: gateway.url, token, source: 'hello/0.1.0', maxRetries: 0 })
}
