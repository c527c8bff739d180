import { describe, expect, it } from 'vitest'
import { readRequest } from '../src/gateway/gateway-request.ts'

const read = (body: string) => () => readRequest('chat', Buffer.from(body))

describe('a request', () => {
  it('of more values than any conversation has is refused before it is parsed', () => {
    const bomb = `{"messages":[${'{},'.repeat(200_000)}{}]}`
    expect(read(bomb)).toThrow(expect.objectContaining({ code: 'body_too_large' }))
  })

  it('may have as many commas and brackets in its texts as it likes', () => {
    const text = '[{,"'.repeat(200_000)
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] })
    expect(read(body)().model).toBe('m')
  })

  it.each(['1', '"true"', '{}'])(
    'with stream %s is refused, for servers read it in their own ways',
    (stream) => {
      expect(read(`{"stream":${stream}}`)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    },
  )

  it.each(['true', 'false', 'null'])('may say stream %s', (stream) => {
    expect(read(`{"stream":${stream}}`)().stream).toBe(stream === 'true')
  })
})
