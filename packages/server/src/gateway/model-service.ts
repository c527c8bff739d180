import { PromptmeterError } from '../promptmeter-error.ts'
import { allowsModel } from '../quotas/model-pattern.ts'
import { type QuotaReport, quotaReport } from '../quotas/quota-report.ts'
import type { Principal } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { User } from '../users/user.ts'
import { passedHeaders } from './answer-headers.ts'
import type { Redactor } from './content-redactor.ts'
import { GatewayRefusal } from './gateway-refusal.ts'
import type { GatewayService } from './gateway-service.ts'
import { isObject, listOf } from './json-value.ts'
import { UpstreamError } from './upstream.ts'
import { collect, type WholeAnswer } from './whole-answer.ts'

export type ModelService = ReturnType<typeof createModelService>

export function createModelService(gateway: GatewayService, sessions: SessionService, redactor: Redactor) {
  const reportOf = (user: User): QuotaReport =>
    quotaReport(user, user.terms, user.requestsThisMinute, user.readAt)

  return {
    /** Where the caller stands. @throws PromptmeterError as `SessionService.getCaller` */
    quotaOf: async (principal: Principal): Promise<QuotaReport> =>
      reportOf(await sessions.getCaller(principal)),

    /**
     * The provider's models, less those that the plan does not allow.
     * @throws PromptmeterError as the routes document
     */
    async list(principal: Principal): Promise<{ answer: WholeAnswer; quota: QuotaReport }> {
      const user = await sessions.getCaller(principal)
      const quota = reportOf(user)
      const answer = await fetchModels(gateway, redactor).catch((error) => {
        if (!(error instanceof UpstreamError)) throw error
        const code = error.kind === 'timeout' ? 'upstream_timeout' : 'upstream_unreachable'
        throw new GatewayRefusal(code, 'The AI provider did not tell its models.', { quota, cause: error })
      })
      const { allowedModels } = user.terms
      if (allowedModels === null || answer.status !== 200) return { answer, quota }
      return { answer: { ...answer, body: onlyAllowed(answer.body, allowedModels) }, quota }
    },
  }
}

async function fetchModels(gateway: GatewayService, redactor: Redactor): Promise<WholeAnswer> {
  const { signal } = new AbortController()
  const headers = { accept: 'application/json', 'accept-encoding': 'identity' }
  const upstream = gateway.requireUpstream()
  const answer = await upstream.send({
    method: 'GET',
    path: '/models',
    headers,
    body: null,
    signal,
    onSent() {},
  })
  const body = redactor.redact(await collect(answer.body))
  if (answer.status === 401 || answer.status === 403) {
    throw new PromptmeterError('upstream_key_refused', 'The AI provider refused this server.')
  }
  return { status: answer.status, headers: passedHeaders(answer, redactor), body }
}

/** @throws PromptmeterError `upstream_invalid_response` when the list cannot be read: what is not known is not shown */
function onlyAllowed(body: Buffer, patterns: readonly string[]): Buffer {
  try {
    const list = JSON.parse(body.toString())
    const data = listOf(list.data).filter(
      (model) => isObject(model) && typeof model.id === 'string' && allowsModel(patterns, model.id),
    )
    return Buffer.from(JSON.stringify({ ...list, data }))
  } catch {
    throw new PromptmeterError(
      'upstream_invalid_response',
      'The AI provider told its models in no known form.',
    )
  }
}
