import type { CreateUserRequest } from '@promptmeter/contract'
import { ApiError } from '../../api/request.ts'

export type InviteField = 'email' | 'plan' | 'threshold'

export interface InviteProblem {
  readonly field: InviteField
  readonly problem: string
}

/** What a form asks for, or what is wrong with it. Whether an address is one, the server says. */
export function readInvite(form: FormData): CreateUserRequest | InviteProblem {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const email = text('email')
  if (email === '') return { field: 'email', problem: 'Say whom to invite.' }
  const threshold = text('threshold').replaceAll(',', '')
  if (threshold !== '' && !(/^\d+$/.test(threshold) && Number.isSafeInteger(Number(threshold)))) {
    return { field: 'threshold', problem: 'This must be a whole number, 0 or more.' }
  }
  const plan = text('plan')
  return {
    email,
    ...(plan !== '' && { plan }),
    ...(threshold !== '' && { threshold: Number(threshold) }),
    ...(form.has('invite') && { invite: true }),
  }
}

/** At which field a refusal is shown; null for at none. */
export function inviteFieldOf(error: Error): InviteField | null {
  if (!(error instanceof ApiError)) return null
  if (['user_exists', 'email_invalid', 'email_required'].includes(error.code)) return 'email'
  return error.code === 'plan_not_found' ? 'plan' : null
}
