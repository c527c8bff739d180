import { GATEWAY_EXAMPLES, GatewayHeaders, ModelListResponse } from '@promptmeter/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config/config.ts'
import { principalOf, requirePrincipal } from '../http/authentication.ts'
import { BODY_ERRORS, PRINCIPAL_ERRORS } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { parseIdempotencyKey } from '../http/idempotency-key.ts'
import { rawJsonBody } from '../http/json-body.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { SessionService } from '../sessions/session-service.ts'
import { ClientStream } from './client-stream.ts'
import { ENDPOINTS, type Endpoint } from './endpoint.ts'
import { gatewayErrorResponses } from './gateway-error-responses.ts'
import { readRequest } from './gateway-request.ts'
import type { GatewayService } from './gateway-service.ts'
import type { ModelService } from './model-service.ts'
import { createGatewayErrorHandler } from './openai-error.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'

/** Behind `/v1`, as OpenAI has them. */
const ROUTES: Record<Endpoint, { path: string; summary: string; operationId: string }> = {
  chat: {
    path: '/chat/completions',
    summary: 'Chat with a model',
    operationId: 'createChatCompletion',
  },
  completions: {
    path: '/completions',
    summary: 'Complete a text, also in its middle',
    operationId: 'createCompletion',
  },
  responses: { path: '/responses', summary: 'Ask a model for a response', operationId: 'createResponse' },
  embeddings: { path: '/embeddings', summary: 'Embed texts', operationId: 'createEmbedding' },
}

const DESCRIPTION =
  "The AI provider's own request and answer, streamed or not. The call is held against every limit of the user before " +
  'it is made, and charged by what the provider reports. Works with the session token or its API key as bearer.'

const CALL_ERRORS = [
  'insufficient_quota',
  'rate_limit_exceeded',
  'concurrency_limit_reached',
  'model_not_allowed',
  'model_not_priced',
  'model_not_found',
  'unbounded_request',
  'idempotency_key_invalid',
  'idempotency_key_used',
  'idempotency_key_in_flight',
  'overloaded',
  'hold_lost',
  'draining',
  'upstream_not_configured',
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_key_refused',
  'upstream_invalid_response',
] as const

export interface GatewayRouteParts {
  readonly gateway: GatewayService
  readonly models: ModelService
  readonly sessions: SessionService
  readonly config: GatewayConfig
}

/** Our OpenAI-compatible face of the AI provider, all of it below `/v1`. */
export async function gatewayRoutes(app: HttpApp, parts: GatewayRouteParts): Promise<void> {
  const { gateway, models, sessions, config } = parts
  await app.register(
    async (scope: HttpApp) => {
      scope.setErrorHandler(createGatewayErrorHandler((principal) => models.quotaOf(principal)))
      scope.setNotFoundHandler(async () => {
        throw new PromptmeterError(
          'not_found',
          'The gateway has no such endpoint. Those it has are at /docs.',
        )
      })
      rawJsonBody(scope)
      for (const endpoint of ENDPOINTS) callRoute(scope, endpoint, { gateway, sessions, config })

      scope.get(
        '/models',
        {
          onRequest: requirePrincipal(sessions),
          schema: {
            tags: ['Gateway'],
            summary: 'List the models that may be called',
            operationId: 'listModels',
            security: [{ session: [] }],
            response: {
              200: { ...ModelListResponse, description: 'The models' },
              ...gatewayErrorResponses(PRINCIPAL_ERRORS, CALL_ERRORS),
            },
          },
        },
        async (request, reply) => {
          const { answer, quota } = await models.list(principalOf(request))
          reply.headers(rateLimitHeaders(quota))
          return send(reply, answer)
        },
      )
    },
    { prefix: '/v1' },
  )
}

function callRoute(
  scope: HttpApp,
  endpoint: Endpoint,
  { gateway, sessions, config }: Omit<GatewayRouteParts, 'models'>,
): void {
  const { path, summary, operationId } = ROUTES[endpoint]
  const { request: publishedBody, response } = GATEWAY_EXAMPLES[endpoint]
  scope.post(
    path,
    {
      onRequest: requirePrincipal(sessions),
      bodyLimit: config.bodyLimitBytes,
      config: { publishedBody },
      schema: {
        tags: ['Gateway'],
        summary,
        description: DESCRIPTION,
        operationId,
        security: [{ session: [] }],
        headers: GatewayHeaders,
        response: {
          200: {
            description: 'The answer',
            content: {
              'application/json': { schema: response },
              ...(endpoint !== 'embeddings' && { 'text/event-stream': { schema: { type: 'string' } } }),
            },
          },
          ...gatewayErrorResponses(PRINCIPAL_ERRORS, BODY_ERRORS, CALL_ERRORS),
        },
      },
    },
    async (request, reply) => {
      const answer = await gateway.call({
        principal: principalOf(request),
        source: sourceOf(request),
        idempotencyKey: parseIdempotencyKey(request.headers['idempotency-key']),
        request: readRequest(endpoint, request.body as unknown as Buffer),
        headers: request.headers,
        client: new ClientStream(reply, config.idleTimeoutMs),
      })
      return answer === null ? reply : send(reply, answer)
    },
  )
}

function send(
  reply: FastifyReply,
  { status, headers, body }: { status: number; headers: Readonly<Record<string, string>>; body: Buffer },
): FastifyReply {
  return reply.code(status).headers(headers).send(body)
}

/** As `Source` in the contract; a header that cannot be one names nothing. */
function sourceOf({ headers }: FastifyRequest): string {
  const source = headers['x-promptmeter-source']
  return typeof source === 'string' && /^[\x20-\x7e]{1,128}$/.test(source) ? source : 'gateway'
}
