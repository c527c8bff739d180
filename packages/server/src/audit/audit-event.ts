/** What the audit log tells of. */
export const AUDIT_ACTIONS = [
  'sign_in',
  'sign_in_refused',
  'session_renewed',
  'session_revoked',
  'sessions_revoked',
  'key_created',
  'key_revoked',
  'data_exported',
  'user_added',
  'user_changed',
  'user_erased',
  'users_imported',
  'usage_corrected',
  'plan_changed',
  'plan_deleted',
  'price_changed',
  'price_deleted',
  'admin_refused',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** Where a request came from. */
export interface RequestOrigin {
  readonly ip: string
  readonly clientName: string | null
}

/** Who did it: a user, the operator (whoever holds ADMIN_KEY), or nobody that is known. */
export type Actor =
  | { readonly kind: 'user'; readonly userId: string; readonly sessionId: string | null }
  | { readonly kind: 'operator' }
  | { readonly kind: 'nobody' }

export interface NewAuditEvent {
  readonly action: AuditAction
  readonly actor: Actor
  readonly origin: RequestOrigin
  /** The user it was done to, where there is one. */
  readonly userId?: string | null
  /** The session it was done to. */
  readonly sessionId?: string | null
  /** Never a secret, and no address: an erased user must leave none behind. */
  readonly details?: Readonly<Record<string, unknown>>
}
