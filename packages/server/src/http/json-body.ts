import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PromptmeterError } from '../promptmeter-error.ts'

/**
 * JSON is the one kind of body. Fastify would also take `text/plain`, which any web page may send anywhere unasked, and
 * would quietly replace bytes that are not UTF-8. An empty body becomes `undefined`, for the route's schema to judge.
 */
export function acceptOnlyJson(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  acceptJsonBytes(app, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else parseJson(request, body.toString(), done)
  })
}

/** The same for routes that pass a body on: it stays the bytes it came as. */
export function rawJsonBody(scope: FastifyInstance): void {
  acceptJsonBytes(scope, (_request, body, done) => done(null, body))
}

type ParseBytes = (
  request: FastifyRequest,
  body: Buffer,
  done: (error: Error | null, body?: unknown) => void,
) => void

function acceptJsonBytes(app: FastifyInstance, parse: ParseBytes): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      return done(new PromptmeterError('unsupported_media_type', 'Send the body without Content-Encoding.'))
    }
    if (!isUtf8(body)) return done(new PromptmeterError('invalid_json', 'The body is not valid UTF-8.'))
    parse(request, body, done)
  })
}
