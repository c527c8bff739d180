import type { ErrorCode } from '@promptmeter/contract'
import type { RecordedCall } from '../ledger/hold-call.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { LimitStanding } from '../quotas/limit-standing.ts'
import type { QuotaReport } from '../quotas/quota-report.ts'
import type { UpstreamError } from './upstream.ts'

export interface RefusalDetails {
  readonly retryAfterSeconds?: number
  /** What clients of OpenAI's make of `x-should-retry`; left out where they may decide by the status. */
  readonly shouldRetry?: boolean
  readonly limit?: LimitStanding
  readonly upgradeUrl?: string | null
  /** What was recorded under the idempotency key. */
  readonly recorded?: RecordedCall
  readonly quota?: QuotaReport
  readonly cause?: unknown
}

/** A refusal of the gateway, with what its answer says beside the sentence. */
export class GatewayRefusal extends PromptmeterError {
  readonly details: RefusalDetails

  constructor(code: ErrorCode, message: string, details: RefusalDetails = {}) {
    const { retryAfterSeconds, cause } = details
    super(code, message, {
      ...(cause !== undefined && { cause }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    })
    this.name = 'GatewayRefusal'
    this.details = details
  }
}

/** What a client is told when the upstream failed. */
export function upstreamRefusal(error: UpstreamError, quota: QuotaReport): GatewayRefusal {
  const [code, message] = sentenceOf(error)
  return new GatewayRefusal(code, message, { shouldRetry: true, quota, cause: error })
}

function sentenceOf({ kind, message }: UpstreamError): [ErrorCode, string] {
  switch (kind) {
    case 'timeout':
      return ['upstream_timeout', 'The AI provider did not answer in time.']
    case 'unreachable':
      return ['upstream_unreachable', 'The AI provider cannot be reached.']
    case 'broken':
      return ['upstream_invalid_response', `The AI provider did not give a whole answer: ${message}.`]
  }
}
