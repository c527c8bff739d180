import type { ErrorCode } from '@promptmeter/contract'
import type { RecordedCall } from '../ledger/hold-call.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { LimitStanding } from '../quotas/limit-standing.ts'
import type { QuotaReport } from '../quotas/quota-report.ts'

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
