import { describe, expect, it } from 'vitest'
import { clientWords } from '../src/shown/clients.ts'

const AGENTS = {
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36':
    'Chrome on Linux',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36 Edg/149.0.0.0':
    'Edge on Windows',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15':
    'Safari on macOS',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1':
    'Safari on iPhone',
  'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0': 'Firefox on Android',
  curl: 'a browser',
}

describe('what a session is called', () => {
  it.each(Object.entries(AGENTS))('a browser at this page is named, and its system: %s', (agent, words) => {
    expect(clientWords(`dashboard ${agent}`)).toBe(`Dashboard in ${words}`)
  })

  it('an extension keeps the name it gave itself', () => {
    expect(clientWords('my-extension/1.2.0')).toBe('my-extension/1.2.0')
  })
})
