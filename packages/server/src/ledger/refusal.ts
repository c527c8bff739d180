import type { ErrorCode } from '@promptmeter/contract'

/** A call that was not carried out, and why. Nothing of it was written. */
export interface Refusal {
  readonly kind: 'refused'
  readonly code: ErrorCode
  readonly message: string
}

export function refused(code: ErrorCode, message: string): Refusal {
  return { kind: 'refused', code, message }
}
