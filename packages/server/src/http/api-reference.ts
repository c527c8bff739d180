import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { version } from '../version.ts'

/** The API's description from the schemas of the routes registered after it, and `/docs` to read it offline. */
export async function registerApiReference(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Promptmeter',
        version,
        description:
          'Sign-in, metering and quotas for AI editor extensions. Every refusal is `{ error, code }`.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: [
        { name: 'Sign-in', description: 'Getting a session' },
        { name: 'Usage', description: 'Counting prompts and tokens' },
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
          admin: { type: 'http', scheme: 'bearer', description: 'The ADMIN_KEY of the server' },
        },
      },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { docExpansion: 'list' } })
}
