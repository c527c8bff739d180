import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { EMAIL_SETTINGS, startEditor } from './support/editor.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'
import { startTestApp } from './support/test-app.ts'
import { createTestDatabase } from './support/test-database.ts'

it('while the database is away every step of a sign-in says so and when to try again; then it goes on', async () => {
  const testDatabase = await createTestDatabase('postgres')
  const proxy = await startTcpProxy(testDatabase.environment.DATABASE_URL as string)
  const server = await startTestApp('postgres', {
    testDatabase: { ...testDatabase, environment: { ...testDatabase.environment, DATABASE_URL: proxy.url } },
    environment: EMAIL_SETTINGS,
  })
  const editor = await startEditor({ apps: [server] })
  const { page, verifier, state } = await editor.begin()
  const device = await client.initiateDeviceAuthorization(editor.configuration, {})
  const cookie = editor.browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] as string
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()

  proxy.goAway()
  const steps = [
    ['GET', page.url, ''],
    ['POST', `${page.url}/email`, form({ csrf, email: 'away@example.com' })],
    ['POST', `${page.url}/cancel`, form({ csrf })],
    ['GET', '/device', ''],
    ['POST', '/device', form({ xsrf: 'x', user_code: device.user_code })],
    ['GET', '/oauth/authorize?client_id=editor', ''],
    ['POST', '/oauth/device_authorization', form({ client_id: 'editor' })],
    [
      'POST',
      '/oauth/token',
      form({
        client_id: 'editor',
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: device.device_code,
      }),
    ],
    [
      'POST',
      '/oauth/token',
      form({ client_id: 'editor', grant_type: 'authorization_code', code: 'x', code_verifier: verifier }),
    ],
  ] as const
  for (const [method, url, payload] of steps) {
    const forPeople = !url.startsWith('/oauth/')
    const answer = await server.request({
      method,
      url,
      headers: {
        cookie,
        accept: forPeople ? 'text/html' : 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      ...(method === 'POST' && { payload }),
    })
    expect([answer.statusCode, answer.headers['retry-after']], `${method} ${url}`).toEqual([503, '1'])
    expect(answer.headers['content-security-policy'], url).toMatch(/^default-src 'none'/)
    expect(answer.headers['content-type'], url).toMatch(forPeople ? /^text\/html/ : /^application\/json/)
  }
  proxy.comeBack()

  const { leadsTo } = await editor.proveByCode(page, 'away@example.com')
  expect((await editor.redeem(leadsTo as URL, verifier, state)).access_token).toMatch(/^eyJ/)
  await server.close()
  await proxy.close()
  await testDatabase.remove()
})
