import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** Lets web pages of these origins call the API. Others, and all when the list is empty, get no CORS header. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  const allowed = new Set(origins)
  await app.register(cors, {
    origin: (origin, decide) => decide(null, origin !== undefined && allowed.has(origin) ? origin : false),
    methods: ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id'],
    exposedHeaders: [
      'Idempotent-Replayed',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Request-Id',
      'X-Should-Retry',
    ],
    maxAge: 600,
    // Strict would answer in plain text where everything else answers JSON.
    strictPreflight: false,
  })
}
