import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DASHBOARD_PATHS } from '../src/dashboard/page-routes.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

const SCRIPT = 'console.log("the dashboard")'
const PAGE = `<!doctype html>
<meta property="csp-nonce" nonce="__STYLE_NONCE__">
<style nonce="__STYLE_NONCE__">p { color: red }</style>`

let folder: string
let server: TestApp
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'promptmeter-dashboard-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), PAGE)
  await writeFile(join(folder, 'secret.txt'), 'not served')
  await writeFile(join(folder, 'assets/index-AbC_12-z.js'), SCRIPT)
  await writeFile(join(folder, 'assets/index-AbC_12-z.js.br'), brotliCompressSync(SCRIPT))
  await writeFile(join(folder, 'assets/index-AbC_12-z.js.gz'), gzipSync(SCRIPT))
  await writeFile(join(folder, 'assets/icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  server = await startTestApp('embedded', { dashboardFolder: folder })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const nonceOf = (policy: unknown) => /'nonce-([^']+)'/.exec(String(policy))?.[1] as string

describe('the page of the dashboard', () => {
  it.each([...DASHBOARD_PATHS])('is at %s', async (path) => {
    const answer = await server.request({ url: path.replace(/:\w+/, '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071') })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).not.toContain('__STYLE_NONCE__')
  })

  it('runs only its own scripts, speaks only to this server, and is in no frame', async () => {
    const { headers } = await server.request({ url: '/' })
    const nonce = nonceOf(headers['content-security-policy'])
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; ` +
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  })

  it('has a nonce of its own each time, wherever one belongs', async () => {
    const answers = await Promise.all([1, 2].map(() => server.request({ url: '/users' })))
    const nonces = answers.map(({ body, headers }) => {
      const nonce = nonceOf(headers['content-security-policy'])
      expect(Buffer.from(nonce, 'base64')).toHaveLength(16)
      expect(body).toBe(PAGE.replaceAll('__STYLE_NONCE__', nonce))
      return nonce
    })
    expect(nonces[0]).not.toBe(nonces[1])
  })

  it('has its files for good where their name tells their content, else for minutes', async () => {
    const script = await server.request({ url: '/assets/index-AbC_12-z.js' })
    expect([script.statusCode, script.body]).toEqual([200, SCRIPT])
    expect(script.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringContaining('javascript'),
      'x-content-type-options': 'nosniff',
    })
    const icon = await server.request({ url: '/assets/icon.svg' })
    expect([icon.statusCode, icon.headers['cache-control']]).toEqual([200, 'public, max-age=300'])
  })

  it('has its files compressed as they were built', async () => {
    const headers = { 'accept-encoding': 'gzip, br' }
    const answer = await server.request({ url: '/assets/index-AbC_12-z.js', headers })
    expect(answer.headers).toMatchObject({
      'content-encoding': 'br',
      vary: expect.stringMatching(/accept-encoding/i),
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringContaining('javascript'),
    })
    expect(brotliDecompressSync(answer.rawPayload).toString()).toBe(SCRIPT)
  })

  it.each([
    '/assets/nothing-AbC_12-z.js',
    '/assets/',
    '/assets/../index.html',
    '/assets/%2e%2e/secret.txt',
    '/assets/..%2fsecret.txt',
    '/assets/.env',
    '/secret.txt',
    '/index.html',
    '/nothing',
    '/users/a/b',
  ])('is all that is served: not %s', async (url) => {
    const answer = await server.request({ url, headers: { accept: 'text/html' } })
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found'])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).not.toContain('not served')
  })

  it('leaves the API where it was', async () => {
    expect((await server.request({ url: '/api/me' })).statusCode).toBe(401)
    expect((await server.request({ url: '/docs' })).statusCode).toBe(200)
    expect((await server.request({ method: 'POST', url: '/' })).statusCode).toBe(405)
  })
})

describe('a dashboard that is not built', () => {
  it('says how to build it, and nothing else is different', async () => {
    const bare = await startTestApp('embedded', { dashboardFolder: join(folder, 'nowhere') })
    const answer = await bare.request({ url: '/' })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8'])
    expect(answer.body).toContain('npm run build')
    expect(answer.body).toContain('href="/docs"')
    expect((await bare.request({ url: '/users' })).json().code).toBe('not_found')
    expect((await bare.request({ url: '/assets/a.js' })).json().code).toBe('not_found')
    expect((await bare.request({ url: '/healthz' })).statusCode).toBe(200)
    await bare.close()
  })
})
