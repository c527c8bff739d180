import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { PromptmeterError } from '../promptmeter-error.ts'
import { bearerOf } from './bearer.ts'

/**
 * Lets in who sends the admin key as bearer, before the body is read. Both sides are hashed, so the comparison takes
 * as long whatever was sent, its length included.
 * @param adminKey null where there is no admin API
 */
export function requireAdminKey(adminKey: string | null): onRequestHookHandler {
  const expected = adminKey === null ? null : digest(adminKey)
  return (request, _reply, done) => {
    if (expected === null) {
      return done(new PromptmeterError('admin_disabled', 'There is no admin API here: ADMIN_KEY is not set.'))
    }
    try {
      const given = digest(bearerOf(request, 'admin key'))
      if (!timingSafeEqual(given, expected)) {
        throw new PromptmeterError('admin_key_invalid', 'This is not the admin key of this server.')
      }
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
