import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startChromium } from '../../server/test/support/chromium.ts'
import { countedResults, tokenOf } from './support/counting-server.ts'
import {
  answer,
  refuse,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from './support/scripted-server.ts'
import { fakeToken } from './support/tokens.ts'

const ADA = fakeToken('ada')

/** What a page is given, as the globals `client` and `webStorage`. */
const PAGE = `
import * as client from './index.ts'
import { webStorage } from './queue/web-storage.ts'
Object.assign(globalThis, { client, webStorage, open(token = ${JSON.stringify(ADA)}) {
  return client.createOfflineQueue({
    client: client.createClient({ serverUrl: location.origin, token, maxRetries: 0 }),
    storage: webStorage(),
  })
} })`

describe('a queue in a browser', () => {
  let script: string
  let browser: Browser
  let server: ScriptedServer
  let context: BrowserContext
  let away: boolean
  let events: { usage: number; token: string }[]
  beforeAll(async () => {
    const resolveDir = fileURLToPath(new URL('../src', import.meta.url))
    const stdin = { contents: PAGE, resolveDir, loader: 'ts' as const }
    const bundled = await build({ stdin, bundle: true, write: false, format: 'iife', platform: 'browser' })
    script = bundled.outputFiles[0]?.text as string
    browser = await startChromium()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    away = false
    events = []
    const serve: Script = (request, response) => {
      if (request.path === '/') answer(response, '<!doctype html><script src="/page.js"></script>')
      else if (request.path === '/page.js') {
        answer(response, script, { headers: { 'content-type': 'text/javascript' } })
      } else if (request.path === '/leave') {
        answer(response, {}, { status: 302, headers: { location: '/' } })
      } else if (request.path !== '/trackUsage/batch') refuse(response, 404, 'not_found')
      else if (away) response.destroy()
      else {
        for (const event of request.body.events) events.push({ ...event, token: tokenOf(request) })
        answer(response, { results: countedResults(request) })
      }
    }
    server = await startScriptedServer(serve)
    context = await browser.newContext()
  })
  afterEach(async () => {
    await context.close()
    await server.close()
  })

  const openPage = async () => {
    const page = await context.newPage()
    await page.goto(`${server.url}/`)
    return page
  }
  /** Runs in the page; `text` is the body of an async function. */
  const run = <T>(page: Page, text: string): Promise<T> =>
    page.evaluate(`(async () => { ${text} })()`) as Promise<T>
  const track = (page: Page, from: number, to: number) =>
    run(
      page,
      `globalThis.queue ??= open(); for (let usage = ${from}; usage < ${to}; usage++) await queue.track({ usage })`,
    )
  /** Another queue may be at it still. */
  const drain = (page: Page, token = ADA) =>
    run(
      page,
      `const queue = open('${token}'); while (await queue.size() > 0) await queue.flush(); queue.close()`,
    )
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
  const usages = () => events.map(({ usage }) => usage)

  it('keeps what was tracked over the end of its page, and the next sends it in order and once', async () => {
    away = true
    const page = await openPage()
    await track(page, 0, 25)
    await page.close()
    away = false
    const next = await openPage()
    expect(await run(next, 'return open().size()')).toBe(25)
    await drain(next)
    expect(usages()).toEqual(upTo(25))
    expect(await run(next, 'return open().size()')).toBe(0)
  })

  it('is shared by pages, which send each event once', async () => {
    away = true
    const pages = [await openPage(), await openPage(), await openPage()]
    await Promise.all(pages.map((page, index) => track(page, index * 250, index * 250 + 250)))
    await Promise.all(pages.map((page) => run(page, 'queue.close()')))
    away = false
    await Promise.all(pages.map((page) => drain(page)))
    expect(usages().sort((a, b) => a - b)).toEqual(upTo(750))
  })

  it('lets one page in at a time, and gives back the turn of a page that dies', async () => {
    const [first, second] = [await openPage(), await openPage()]
    await first.evaluate(
      `new Promise((inside) => void webStorage().exclusively(() => { inside(); return new Promise(() => {}) }))`,
    )
    const attempt = 'return webStorage().exclusively(async () => {})'
    expect(await run(second, attempt)).toBe(false)
    await first.close()
    const got = `while (!(await webStorage().exclusively(async () => {}))) await fetch('/'); return true`
    expect(await run(second, got)).toBe(true)
  })

  it('sends as soon as the browser is online again', async () => {
    const page = await openPage()
    await context.setOffline(true)
    await track(page, 0, 3)
    await run(page, 'await queue.flush()')
    expect(events).toEqual([])
    const sent = page.waitForResponse(/trackUsage\/batch/)
    await context.setOffline(false)
    await sent
    await run(page, 'while (await queue.size() > 0) await queue.flush()')
    expect(usages()).toEqual([0, 1, 2])
  })

  it('goes on when the browser has cleared its data', async () => {
    const page = await openPage()
    await track(page, 0, 1)
    await run(page, 'while (await queue.size() > 0) await queue.flush(); await queue.flush()')
    const devtools = await context.newCDPSession(page)
    await devtools.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes: 'indexeddb' })
    // The browser tells the page in its own time: what is under way until then fails, and says so.
    await run(page, 'for (;;) try { await queue.track({ usage: 1 }); break } catch {}')
    await drain(page)
    expect(usages()).toEqual([0, 1])
  })

  it('keeps the events of several users apart', async () => {
    const page = await openPage()
    const bob = fakeToken('bob')
    away = true
    await track(page, 0, 2)
    await run(
      page,
      `queue.close(); const bobs = open(${JSON.stringify(bob)}); await bobs.track({ usage: 9 }); bobs.close()`,
    )
    away = false
    await drain(page, bob)
    expect(events.map(({ usage, token }) => [usage, token])).toEqual([[9, bob]])
    await drain(page)
    expect(events.slice(1).map(({ usage, token }) => [usage, token])).toEqual([
      [0, ADA],
      [1, ADA],
    ])
  })

  it('has a client whose answer is no redirect, in a browser as elsewhere', async () => {
    const page = await openPage()
    const code = await run(
      page,
      `const { transport } = client.createClient({ serverUrl: location.origin })
       return transport.json('/leave').catch((error) => error.code)`,
    )
    expect(code).toBe('unexpected_answer')
    const paths = server.requests.map(({ path }) => path).filter((path) => path !== '/favicon.ico')
    expect(paths.at(-1)).toBe('/leave')
  })
})
