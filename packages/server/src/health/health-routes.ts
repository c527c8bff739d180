import { Type } from 'typebox'
import type { Database } from '../database/database.ts'
import { readSchemaVersion, SCHEMA_VERSION } from '../database/migrate.ts'
import { errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Lifecycle } from './lifecycle.ts'

const Status = (example: string) => Type.Object({ status: Type.String({ examples: [example] }) })

/** For load balancers and orchestrators: `/healthz` restarts a process, `/readyz` sends it traffic. */
export function healthRoutes(app: HttpApp, database: Database, lifecycle: Lifecycle, metrics: Metrics): void {
  app.get(
    '/healthz',
    {
      schema: {
        tags: ['Operation'],
        summary: 'The process is alive',
        operationId: 'getHealth',
        security: [],
        response: { 200: { ...Status('alive'), description: 'Alive' }, ...errorResponses() },
      },
    },
    async () => ({ status: 'alive' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['Operation'],
        summary: 'The process can serve: database reachable, schema current, not draining',
        operationId: 'getReadiness',
        security: [],
        response: {
          200: { ...Status('ready'), description: 'Ready' },
          ...errorResponses('draining', 'schema_mismatch'),
        },
      },
    },
    async () => {
      if (lifecycle.draining) throw new PromptmeterError('draining', 'The server is stopping.')
      const version = await readSchemaVersion(database.kysely)
      if (version !== SCHEMA_VERSION) {
        throw new PromptmeterError(
          'schema_mismatch',
          `The database has schema version ${version}, this server works with ${SCHEMA_VERSION}.`,
        )
      }
      return { status: 'ready' }
    },
  )

  app.get(
    '/metrics',
    {
      schema: {
        tags: ['Operation'],
        summary: 'Prometheus metrics',
        operationId: 'getMetrics',
        security: [],
        response: {
          200: {
            description: 'The Prometheus text format',
            content: { 'text/plain': { schema: Type.String() } },
          },
          ...errorResponses(),
        },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  )
}
