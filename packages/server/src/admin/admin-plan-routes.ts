import { PlanListResponse, PlanParams, PlanRequest, PlanResponse, PutPlanParams } from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import { Type } from 'typebox'
import { ADMIN_ERRORS, BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { PlanService } from '../quotas/plan-service.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export function adminPlanRoutes(
  app: HttpApp,
  plans: PlanService,
  recordAct: RecordAct,
  onlyAdmin: onRequestAsyncHookHandler,
): void {
  app.get(
    '/api/admin/plans',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'List plans',
        description: 'All of them, by name. `userCount` tells whom a change would concern.',
        operationId: 'listPlans',
        response: {
          200: { ...PlanListResponse, description: 'The plans' },
          ...errorResponses(ADMIN_ERRORS),
        },
      },
    },
    async () => ({ plans: (await plans.list()).map(toPlanResponse) }),
  )

  app.get(
    '/api/admin/plans/:name',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Show a plan',
        operationId: 'getPlan',
        params: PlanParams,
        response: {
          200: { ...PlanResponse, description: 'The plan' },
          ...errorResponses(ADMIN_ERRORS, 'plan_not_found'),
        },
      },
    },
    async (request) => toPlanResponse(await plans.get(request.params.name)),
  )

  app.put(
    '/api/admin/plans/:name',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Create a plan, or replace what it grants',
        description:
          'Holds for everybody who has the plan from their very next request on, on every replica; what they used ' +
          'stays counted. Replaces the plan as a whole: a bound that is left out does not hold.',
        operationId: 'putPlan',
        params: PutPlanParams,
        body: PlanRequest,
        response: {
          200: { ...PlanResponse, description: 'The plan as it is now' },
          ...errorResponses(ADMIN_ERRORS, 'invalid_request', BODY_ERRORS),
        },
      },
    },
    async (request) => {
      const plan = await plans.put(request.params.name, request.body)
      await recordAct(request, { action: 'plan_changed', details: { plan: plan.name } })
      return toPlanResponse(plan)
    },
  )

  app.delete(
    '/api/admin/plans/:name',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Delete a plan that no user has',
        description:
          'The plan `free` is that of everybody who has no other: it may be changed, never deleted.',
        operationId: 'deletePlan',
        params: PlanParams,
        response: {
          204: Type.Null({ description: 'There is no such plan any more' }),
          ...errorResponses(ADMIN_ERRORS, 'plan_in_use', 'plan_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      await plans.remove(name)
      await recordAct(request, { action: 'plan_deleted', details: { plan: name } })
      return reply.code(204).send(null)
    },
  )
}

type KeptPlan = Awaited<ReturnType<PlanService['get']>>

function toPlanResponse(plan: KeptPlan): PlanResponse {
  return {
    name: plan.name,
    limits: [...plan.limits],
    allowedModels: plan.allowedModels && [...plan.allowedModels],
    requestsPerMinute: plan.requestsPerMinute,
    concurrentCalls: plan.concurrentCalls,
    defaultMaxTokens: plan.defaultMaxTokens,
    userCount: plan.userCount,
    updatedAt: plan.updatedAt.toISOString(),
  }
}
