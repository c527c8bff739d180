import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { PromptmeterError } from '../promptmeter-error.ts'

/** Notes every route registered after this call; the function it returns answers 405 for the other methods of each. */
export function trackMethods(app: FastifyInstance): () => void {
  const routesByUrl = new Map<string, { methods: Set<string>; scope: FastifyInstance; path: string }>()
  let tracking = true
  // `this` is where a route was registered: its refusals take the shape that is usual there.
  app.addHook('onRoute', function (this: FastifyInstance, { url, routePath, method }) {
    if (!tracking || url.includes('*')) return
    const route = routesByUrl.get(url) ?? { methods: new Set(), scope: this, path: routePath }
    for (const name of [method].flat()) route.methods.add(name)
    routesByUrl.set(url, route)
  })

  return () => {
    tracking = false
    const known = METHODS.filter((method) => method !== 'CONNECT')
    for (const method of known) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
    for (const { methods, scope, path } of routesByUrl.values()) {
      const allow = [...methods].sort().join(', ')
      const refused = known.filter((method) => !methods.has(method))
      scope.route({
        method: refused,
        url: path,
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
