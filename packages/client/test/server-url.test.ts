import { describe, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'

describe('the address of the server', () => {
  it.each([
    ['https://meter.example.com', 'https://meter.example.com'],
    ['https://meter.example.com/', 'https://meter.example.com'],
    ['https://example.com/meter//', 'https://example.com/meter'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000'],
    ['http://127.9.9.9', 'http://127.9.9.9'],
    ['http://2130706433:3000', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('%s is taken', (serverUrl, expected) => {
    expect(createClient({ serverUrl }).serverUrl).toBe(expected)
  })

  it.each([
    'http://meter.example.com',
    'http://localhost.example.com',
    'http://evillocalhost',
    'http://evil-127.0.0.1',
    'http://127.0.0.1.example.com',
    'http://10.0.0.1',
    'http://[::2]',
    'http://evil.example#localhost',
    'ftp://localhost',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://ada:secret@meter.example.com',
    'https://meter.example.com/?a=b',
    'https://meter.example.com/#a',
    'meter.example.com',
    '',
  ])('%s is refused', (serverUrl) => {
    expect(() => createClient({ serverUrl })).toThrow(
      expect.objectContaining({ name: 'PromptmeterError', code: 'invalid_server_url' }),
    )
  })

  it('may be another machine without encryption where the caller says so, but no other scheme', () => {
    const options = { allowHttp: true }
    expect(createClient({ ...options, serverUrl: 'http://10.0.0.1' }).serverUrl).toBe('http://10.0.0.1')
    expect(() => createClient({ ...options, serverUrl: 'ftp://10.0.0.1' })).toThrow('https://')
  })
})
