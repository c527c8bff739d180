import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import { version } from '../version.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the document says of the body, where the route itself looks at the parts one by one. */
    publishedBody?: TSchema
  }
}

/** The page runs its own scripts and calls this server, nothing else. It draws with inline styles and data: images. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The API's description from the schemas of the routes registered after it, and `/docs` to read it offline. */
export async function registerApiReference(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    transform({ schema, url, route }) {
      const body = route.config?.publishedBody
      return { url, schema: body === undefined ? schema : { ...schema, body } }
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Promptmeter',
        version,
        description:
          'Sign-in, metering and quotas for AI editor extensions. Every refusal is `{ error, code }`. Besides what each ' +
          'route names, any may answer 405 `method_not_allowed`, 408 `request_timeout` and 431 `headers_too_large`.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: [
        { name: 'Sign-in', description: 'Getting a session' },
        { name: 'Usage', description: 'Counting prompts and tokens' },
        { name: 'Gateway', description: 'The AI provider, metered and limited, as OpenAI speaks' },
        { name: 'Account', description: 'What a user sees of themselves' },
        { name: 'Administration', description: "The operator's API" },
        { name: 'Operation', description: 'Health and metrics' },
      ],
      components: {
        securitySchemes: {
          session: {
            type: 'http',
            scheme: 'bearer',
            description: 'A session token, or the API key of a session',
          },
          admin: {
            type: 'http',
            scheme: 'bearer',
            description: 'The ADMIN_KEY of the server. A session of a user who is an admin does as well',
          },
        },
      },
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    uiConfig: { docExpansion: 'list', layout: 'BaseLayout' },
    theme: { title: 'Promptmeter API reference' },
  })
}
