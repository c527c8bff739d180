import { PromptmeterError } from '../promptmeter-error.ts'
import { allowsModel } from '../quotas/model-pattern.ts'
import { type QuotaReport, quotaReport } from '../quotas/quota-report.ts'
import type { Principal } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { User } from '../users/user.ts'
import { isPlain, passedHeaders } from './answer-headers.ts'
import type { Redactor } from './content-redactor.ts'
import { GatewayRefusal, upstreamRefusal } from './gateway-refusal.ts'
import type { GatewayService } from './gateway-service.ts'
import { isObject, listOf } from './json-value.ts'
import { UpstreamError } from './upstream.ts'
import { collect, readAnswer, type WholeAnswer } from './whole-answer.ts'

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
        throw error instanceof UpstreamError ? toRefusal(error, quota) : error
      })
      const { allowedModels } = user.terms
      if (allowedModels === null || answer.status !== 200) return { answer, quota }
      return { answer: { ...answer, body: onlyAllowed(answer.body, allowedModels) }, quota }
    },
  }
}

/** @throws UpstreamError when there is no answer that could be passed on */
async function fetchModels(gateway: GatewayService, redactor: Redactor): Promise<WholeAnswer> {
  const ending = new AbortController()
  const upstream = gateway.requireUpstream()
  try {
    const answer = await upstream.send({
      method: 'GET',
      path: '/models',
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      body: null,
      signal: ending.signal,
      onSent() {},
    })
    const { status } = answer
    if (status === 401 || status === 403) throw new KeyRefused(status)
    if (status !== 200 && status < 400)
      throw new UpstreamError('broken', `the AI provider answered ${status}`)
    if (!isPlain(answer)) throw new UpstreamError('broken', 'the answer is compressed')
    const body = await collect(answer.body)
    if (status === 200 && readAnswer(body) === null) {
      throw new UpstreamError('broken', 'the answer is not JSON')
    }
    const headers = passedHeaders(answer, redactor)
    if (status !== 200) headers['x-upstream-status'] = String(status)
    return { status, headers, body: redactor.redact(body) }
  } catch (error) {
    // What nobody will read need not come.
    ending.abort(error)
    throw error
  }
}

class KeyRefused extends UpstreamError {
  constructor(status: number) {
    super('broken', `the AI provider refuses API_KEY with ${status}: no call can succeed until it is right`)
    this.name = 'KeyRefused'
  }
}

function toRefusal(error: UpstreamError, quota: QuotaReport): GatewayRefusal {
  if (!(error instanceof KeyRefused)) return upstreamRefusal(error, quota)
  const message = 'The AI provider refused this server. Its operator has been told.'
  // With its cause it is a line in the log, a loud one.
  return new GatewayRefusal('upstream_key_refused', message, { shouldRetry: false, quota, cause: error })
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
