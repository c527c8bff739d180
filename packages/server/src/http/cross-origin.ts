import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/**
 * Whether an `Origin` is listed. In `https://*.example.com` the star is one name: a browser's extension host has an origin
 * of its own in each window.
 */
export function originCheck(listed: readonly string[]): (origin: string | undefined) => origin is string {
  const exact = new Set(listed)
  return (origin): origin is string =>
    origin !== undefined &&
    (exact.has(origin) || exact.has(origin.replace(/^(https:\/\/)[a-z0-9-]+\./, '$1*.')))
}

/** Lets web pages of these origins call the API. Others, and all when the list is empty, get no CORS header. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  const isAllowed = originCheck(origins)
  await app.register(cors, {
    origin: (origin, decide) => decide(null, isAllowed(origin) ? origin : false),
    methods: ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'],
    // Those that a page asks for: the gateway's clients send many of their own.
    exposedHeaders: [
      'Idempotent-Replayed',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'Retry-After-Ms',
      'X-Request-Id',
      'X-Should-Retry',
      'X-Upstream-Request-Id',
      'X-Upstream-Status',
    ],
    maxAge: 600,
    // Strict would answer in plain text where everything else answers JSON.
    strictPreflight: false,
  })
}
