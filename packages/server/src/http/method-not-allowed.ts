import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { PromptmeterError } from '../promptmeter-error.ts'

/** Notes every route registered after this call; the function it returns answers 405 for the other methods of each. */
export function trackMethods(app: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<string>>()
  let tracking = true
  app.addHook('onRoute', ({ url, method }) => {
    if (!tracking || url.includes('*')) return
    const methods = methodsByUrl.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name)
    methodsByUrl.set(url, methods)
  })

  return () => {
    tracking = false
    const known = METHODS.filter((method) => method !== 'CONNECT')
    for (const method of known) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
    for (const [url, methods] of methodsByUrl) {
      const allow = [...methods].sort().join(', ')
      const refused = known.filter((method) => !methods.has(method))
      app.route({
        method: refused,
        url,
        schema: { hide: true },
        // Before the body is read: whatever it holds, the method is wrong.
        onRequest: async (_request, reply) => {
          reply.header('Allow', allow)
          throw new PromptmeterError('method_not_allowed', `Use ${allow}.`)
        },
        handler: () => {},
      })
    }
  }
}
