import type { FastifyInstance } from 'fastify'

const MAX_FORM_BYTES = 8 * 1024

export type Form = Readonly<Record<string, string>>

/**
 * Forms are the one kind of body here, and none at all is an empty one. A field that is sent twice is none: two readers
 * could each believe another (RFC 6749, 3.2).
 */
export function acceptOnlyForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  const options = { parseAs: 'string', bodyLimit: MAX_FORM_BYTES } as const
  scope.addContentTypeParser<string>('application/x-www-form-urlencoded', options, (_request, body, done) => {
    const fields = new URLSearchParams(body)
    done(null, Object.fromEntries([...fields].filter(([name]) => fields.getAll(name).length === 1)))
  })
  scope.addHook('preHandler', async (request) => {
    request.body ??= {}
  })
}
