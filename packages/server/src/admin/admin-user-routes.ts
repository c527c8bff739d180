import {
  AdminUserResponse,
  CreateUserRequest,
  DEFAULT_PLAN,
  UpdateUserRequest,
  UserLimitsResponse,
  UserListQuery,
  UserListResponse,
  UserParams,
} from '@promptmeter/contract'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { Type } from 'typebox'
import { adminOf } from '../http/admin-access.ts'
import { ADMIN_ERRORS, BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { RemovalService } from '../ledger/removal-service.ts'
import type { InvitationService } from '../mail/invitation-service.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { toAdminUserResponse, toLimitResponses } from '../users/user.ts'
import type { UserService } from '../users/user-service.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

interface AdminUserParts {
  readonly users: UserService
  readonly removal: RemovalService
  readonly invitations: InvitationService
  /** The origin people reach this server at. */
  readonly issuer: () => string
  readonly recordAct: RecordAct
  readonly onlyAdmin: onRequestAsyncHookHandler
}

export function adminUserRoutes(
  app: HttpApp,
  { users, removal, invitations, issuer, recordAct, onlyAdmin }: AdminUserParts,
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
          'pages shows every user once, save one whose count moves past the page meanwhile when sorted by a count. All ' +
          'filters given have to fit.',
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
      return { users: page.users.map(toAdminUserResponse), nextCursor: page.nextCursor }
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
          'prompts for life of their own, in place of that of the plan. With `invite` a mail tells them where to sign ' +
          'in; it goes out after the answer, and a server without mail refuses before anybody is added.',
        operationId: 'createUser',
        body: CreateUserRequest,
        response: {
          201: { ...AdminUserResponse, description: 'The user was added' },
          ...errorResponses(
            ADMIN_ERRORS,
            BODY_ERRORS,
            'email_required',
            'email_invalid',
            'user_exists',
            'mail_not_configured',
            'plan_not_found',
          ),
        },
      },
    },
    async (request, reply) => {
      const { threshold, plan, invite = false } = request.body
      const email = users.requireEmail(request.body.email)
      const sendInvitation = invite ? invitations.requireSender() : null
      const user = await users.add(email, threshold ?? null, plan)
      await recordAct(request, {
        action: 'user_added',
        userId: user.id,
        details: { plan: user.plan, threshold: user.thresholdOverride, ...(invite && { invited: true }) },
      })
      sendInvitation?.(user.email, issuer())
      return reply.code(201).send(toAdminUserResponse(user))
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
          200: { ...AdminUserResponse, description: 'The user' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request) => toAdminUserResponse(await users.getById(request.params.id)),
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
        summary: 'Change the plan, threshold, overrides or role of a user, or disable or enable them',
        description:
          'Takes effect on the very next request of the user. What is left out stays as it is; `overrides` are ' +
          'replaced as a whole, and stay with the user when the plan changes. The lifetime limit on prompts is ' +
          '`threshold`, never an override: null gives that of the plan. An admin may not take the role from themselves, ' +
          'nor disable themselves: that takes the ADMIN_KEY, or another admin.',
        operationId: 'updateUser',
        params: UserParams,
        body: UpdateUserRequest,
        response: {
          200: { ...AdminUserResponse, description: 'The user as changed' },
          ...errorResponses(ADMIN_ERRORS, BODY_ERRORS, 'user_not_found', 'plan_not_found'),
        },
      },
    },
    async (request) => {
      const { id } = request.params
      const { disabled, role } = request.body
      if (disabled === true || role === 'member') refuseOneself(request, id)
      const user = await users.update(id, request.body)
      await recordAct(request, { action: 'user_changed', userId: id, details: describeChanges(request.body) })
      return toAdminUserResponse(user)
    },
  )

  app.delete(
    '/api/admin/users/:id',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Delete a user with everything kept of them',
        description:
          'Sessions, keys, usage and history go with them, for good. To keep these, disable the user. The audit log keeps ' +
          'their id alone. An admin erases themselves by `DELETE /api/me`.',
        operationId: 'deleteUser',
        params: UserParams,
        response: {
          204: Type.Null({ description: 'Nothing of the user is left' }),
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      refuseOneself(request, id)
      await removal.remove(id)
      await recordAct(request, { action: 'user_erased', userId: id })
      return reply.code(204).send(null)
    },
  )
}

/** By mistake an admin could lock everybody out. @throws PromptmeterError `admin_required` */
function refuseOneself(request: FastifyRequest, userId: string): void {
  const actor = adminOf(request)
  if (actor.kind !== 'user' || actor.userId !== userId) return
  throw new PromptmeterError(
    'admin_required',
    'An admin may not take their own role, disable or delete themselves: use the ADMIN_KEY, or ask another admin.',
  )
}

/** Which fields changed, and what plan, role, state and threshold there are now. */
function describeChanges(changes: UpdateUserRequest) {
  const { overrides: _, ...values } = changes
  return { fields: Object.keys(changes), ...values }
}
