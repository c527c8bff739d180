import type { AuditAction, AuditQuery, ExportAuditQuery } from '@promptmeter/contract'
import { EARLIEST_INSTANT } from '@promptmeter/contract/bounds'

/** What each action is called where one is chosen, by what it concerns. */
export const ACTION_NAMES: Readonly<Record<string, Partial<Record<AuditAction, string>>>> = {
  'Signing in': {
    sign_in: 'Signed in',
    sign_in_refused: 'Sign-in refused',
    session_renewed: 'Session renewed',
    session_revoked: 'Session revoked',
    sessions_revoked: 'Sessions revoked',
    admin_link_made: 'Link for the operator made',
    operator_signed_in: 'Operator signed in',
    admin_refused: 'Admin access refused',
  },
  'API keys': {
    key_created: 'API key created',
    key_revoked: 'API key revoked',
  },
  Users: {
    user_added: 'User added',
    user_changed: 'User changed',
    user_erased: 'User erased',
    users_imported: 'Users imported',
    usage_corrected: 'Usage corrected',
  },
  'Plans and prices': {
    plan_changed: 'Plan changed',
    plan_deleted: 'Plan deleted',
    price_changed: 'Price changed',
    price_deleted: 'Price deleted',
  },
  Exports: {
    data_exported: 'Own data exported',
    users_exported: 'Users exported',
    audit_exported: 'Audit log exported',
  },
}

const ACTIONS = Object.values(ACTION_NAMES).flatMap((names) => Object.keys(names) as AuditAction[])

/** The values of the address bar that choose what is shown. */
export const FILTER_NAMES = ['action', 'user', 'actor', 'from', 'to'] as const

/** All of them null: everything is shown. */
export interface AuditFilter {
  readonly action: AuditAction | null
  /** To whom it was done, by id. */
  readonly user: string | null
  /** Who did it, by id. */
  readonly actor: string | null
  /** The first day and the last, `2026-11-01`, in the zone of whoever looks: that is the zone the times are shown in. */
  readonly from: string | null
  readonly to: string | null
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const isUserId = (text: string): boolean => ID.test(text)

/** What the address names; what cannot be is left out. */
export function readFilter(get: (name: string) => string | null): AuditFilter {
  const kept = (name: string, fits: (text: string) => boolean): string | null => {
    const value = get(name)
    return value !== null && fits(value) ? value : null
  }
  return {
    action: ACTIONS.find((action) => action === get('action')) ?? null,
    user: kept('user', isUserId),
    actor: kept('actor', isUserId),
    from: kept('from', isDay),
    to: kept('to', isDay),
  }
}

/** What the server is asked for. */
export function filterQuery({ action, user, actor, from, to }: AuditFilter): ExportAuditQuery {
  return {
    ...(action !== null && { action }),
    ...(user !== null && { userId: user }),
    ...(actor !== null && { actorId: actor }),
    ...(from !== null && { from: midnight(from, 0) }),
    ...(to !== null && { to: midnight(to, 1) }),
  }
}

export function pageQuery(filter: AuditFilter, cursor: string | null): AuditQuery {
  return { ...filterQuery(filter), ...(cursor !== null && { cursor }) }
}

export function isFiltered(filter: AuditFilter): boolean {
  return FILTER_NAMES.some((name) => filter[name] !== null)
}

/** A day that is written out, and none of the years that stand there while somebody types. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = Date.parse(`${text}T00:00:00Z`)
  return at >= EARLIEST_INSTANT.getTime() && new Date(at).toISOString().startsWith(text)
}

/** In the zone of whoever looks. @param later so many days */
function midnight(day: string, later: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return new Date(year, month - 1, date + later).toISOString()
}
