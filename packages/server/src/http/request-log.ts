import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Metrics } from '../telemetry/metrics.ts'
import { loggablePath } from './loggable-path.ts'

/** One line and one observation per request; no header, body or query string, where secrets travel. */
export function logRequests(metrics: Metrics) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { method } = request
    const route = request.routeOptions.url
    const status = reply.statusCode
    const durationMs = reply.elapsedTime
    metrics.requestFinished(route ?? 'unknown', method, status, durationMs / 1000)
    const path = request.url === route ? route : loggablePath(request.url)
    request.log.info(
      { reqId: request.id, method, path, status, ms: Math.round(durationMs * 10) / 10 },
      'request',
    )
    done()
  }
}
