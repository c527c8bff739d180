import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AnswerInbox, createAnswerInbox } from '../src/core/answer-inbox.ts'
import { startLoopbackServer } from '../src/platform/loopback-server.ts'
import type { LoopbackServer } from '../src/platform/platform.ts'

const QUERY = 'code=a-secret-code&state=a-state'

let inbox: AnswerInbox
let server: LoopbackServer
beforeEach(async () => {
  inbox = createAnswerInbox()
  server = await startLoopbackServer(inbox)
})
afterEach(() => server.close())

const port = () => Number(new URL(server.redirectUri).port)
const next = () => inbox.take(AbortSignal.timeout(10_000))
const at = (path: string, init: RequestInit = {}) => fetch(new URL(path, server.redirectUri), init)

describe('the answer', () => {
  it('comes to an address of this computer alone, on a port that was free', async () => {
    const other = await startLoopbackServer(inbox)
    expect(server.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/signed-in$/)
    expect(other.redirectUri).not.toBe(server.redirectUri)
    other.close()
  })

  it('is the query that the browser came with, and a stray one before it takes nothing away', async () => {
    await at('/signed-in?code=other&state=other')
    await at(`/signed-in?${QUERY}`)
    expect((await next()).get('state')).toBe('other')
    expect((await next()).toString()).toBe(QUERY)
  })

  it('is confirmed by a page that shows, keeps and passes on nothing of it', async () => {
    const response = await at(`/signed-in?${QUERY}&extra=<script>x</script>`)
    const page = await response.text()
    expect(response.status).toBe(200)
    expect(page).toContain('Back to your editor')
    expect(page).not.toMatch(/a-secret-code|a-state|script/)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
  })
})

describe('everything else', () => {
  it.each([
    ['GET', '/'],
    ['GET', '//'],
    ['GET', '//signed-in?state=x'],
    ['GET', '/signed-in'],
    ['GET', '/signed-in?code=x'],
    ['GET', `/signed-in/?${QUERY}`],
    ['GET', `/other?${QUERY}`],
    ['POST', `/signed-in?${QUERY}`],
    ['HEAD', `/signed-in?${QUERY}`],
    ['OPTIONS', `/signed-in?${QUERY}`],
  ])('%s %s is not found and is no answer', async (method, path) => {
    expect((await fetch(server.redirectUri.replace('/signed-in', path), { method })).status).toBe(404)
    await at('/signed-in?state=the-real-one')
    expect((await next()).get('state')).toBe('the-real-one')
  })
})

describe('the server', () => {
  it('is not to be reached at this computer’s other addresses', async () => {
    const others = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address))
    const reached = await Promise.all(
      others
        .filter((host) => host !== '127.0.0.1')
        .map(async (host) => ((await accepts(host)) ? [host] : [])),
    )
    expect(reached.flat()).toEqual([])
  })

  it('ends when it is closed', async () => {
    server.close()
    expect(await accepts('127.0.0.1')).toBe(false)
  })
})

async function accepts(host: string): Promise<boolean> {
  const socket = connect({ host, port: port() })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
