import {
  CreateUserRequest,
  DEFAULT_PLAN,
  UpdateUserRequest,
  UserLimitsResponse,
  UserListQuery,
  UserListResponse,
  UserParams,
  UserResponse,
} from '@promptmeter/contract'
import type { onRequestHookHandler } from 'fastify'
import { Type } from 'typebox'
import { ADMIN_ERRORS, BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { RemovalService } from '../ledger/removal-service.ts'
import { toLimitResponses, toUserResponse } from '../users/user.ts'
import type { UserService } from '../users/user-service.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export function adminUserRoutes(
  app: HttpApp,
  users: UserService,
  removal: RemovalService,
  onlyAdmin: onRequestHookHandler,
): void {
  app.get(
    '/api/admin/users',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'List users',
        description:
          'In pages: send `nextCursor` as `cursor`, with the same sort and order, until it is null. Following the ' +
          'pages shows every user once, save one whose count moves past the page meanwhile when sorted by a count.',
        operationId: 'listUsers',
        querystring: UserListQuery,
        response: {
          200: { ...UserListResponse, description: 'A page of users' },
          ...errorResponses(ADMIN_ERRORS, 'email_required', 'email_invalid'),
        },
      },
    },
    async (request) => {
      const page = await users.list(request.query)
      return { users: page.users.map(toUserResponse), nextCursor: page.nextCursor }
    },
  )

  app.post(
    '/api/admin/users',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Add a user',
        description:
          `They can sign in from then on. Without \`plan\` they get \`${DEFAULT_PLAN}\`; \`threshold\` is a limit on ` +
          'prompts for life of their own, in place of that of the plan.',
        operationId: 'createUser',
        body: CreateUserRequest,
        response: {
          201: { ...UserResponse, description: 'The user was added' },
          ...errorResponses(
            ADMIN_ERRORS,
            BODY_ERRORS,
            'email_required',
            'email_invalid',
            'user_exists',
            'plan_not_found',
          ),
        },
      },
    },
    async (request, reply) => {
      const { email, threshold, plan } = request.body
      const user = await users.add(users.requireEmail(email), threshold ?? null, plan)
      return reply.code(201).send(toUserResponse(user))
    },
  )

  app.get(
    '/api/admin/users/:id',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Show a user',
        operationId: 'getUser',
        params: UserParams,
        response: {
          200: { ...UserResponse, description: 'The user' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request) => toUserResponse(await users.getById(request.params.id)),
  )

  app.get(
    '/api/admin/users/:id/limits',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Every limit that holds for a user, with where they stand',
        description: 'Those of the plan, with what the user has instead. None is listed that was lifted.',
        operationId: 'getUserLimits',
        params: UserParams,
        response: {
          200: { ...UserLimitsResponse, description: 'The limits' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request) => ({ limits: toLimitResponses(await users.getById(request.params.id)) }),
  )

  app.patch(
    '/api/admin/users/:id',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Change the plan, threshold or overrides of a user, or disable or enable them',
        description:
          'Takes effect on the very next request of the user. What is left out stays as it is; `overrides` are ' +
          'replaced as a whole, and stay with the user when the plan changes. The lifetime limit on prompts is ' +
          '`threshold`, never an override: null gives that of the plan.',
        operationId: 'updateUser',
        params: UserParams,
        body: UpdateUserRequest,
        response: {
          200: { ...UserResponse, description: 'The user as changed' },
          ...errorResponses(ADMIN_ERRORS, BODY_ERRORS, 'user_not_found', 'plan_not_found'),
        },
      },
    },
    async (request) => toUserResponse(await users.update(request.params.id, request.body)),
  )

  app.delete(
    '/api/admin/users/:id',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Delete a user with everything kept of them',
        description: 'Sessions, usage and history go with them, for good. To keep these, disable the user.',
        operationId: 'deleteUser',
        params: UserParams,
        response: {
          204: Type.Null({ description: 'Nothing of the user is left' }),
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request, reply) => {
      await removal.remove(request.params.id)
      return reply.code(204).send(null)
    },
  )
}
