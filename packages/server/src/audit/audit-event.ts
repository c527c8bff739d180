import type { AuditAction } from '@promptmeter/contract'

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
  /** Null where nothing of where it came from may be kept: somebody had themselves erased. */
  readonly origin: RequestOrigin | null
  /** The user it was done to, where there is one. */
  readonly userId?: string | null
  /** The session it was done to. */
  readonly sessionId?: string | null
  /** Never a secret, and no address: an erased user must leave none behind. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** One line of the log, as it is read. */
export interface AuditEvent {
  readonly id: string
  readonly at: Date
  readonly action: AuditAction
  readonly actor: {
    readonly kind: Actor['kind']
    readonly userId: string | null
    readonly email: string | null
  }
  /** Whom it was done to; an erased user has no address any more. */
  readonly user: { readonly id: string; readonly email: string | null } | null
  readonly sessionId: string | null
  readonly ip: string | null
  readonly clientName: string | null
  readonly details: Record<string, unknown>
}
