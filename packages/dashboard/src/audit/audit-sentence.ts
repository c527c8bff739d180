import type { AuditAction, AuditEventResponse } from '@promptmeter/contract'
import { MAX_COUNT } from '@promptmeter/contract/bounds'
import { exactNumber } from '../shown/numbers.ts'

/** A user within a sentence; `email` is null once they are erased. */
export interface NamedUser {
  readonly id: string
  readonly email: string | null
}

/** A sentence in pieces, so that those it names can be links. */
export type SentencePart = string | NamedUser

type Details = Readonly<Record<string, unknown>>

const METHODS: Readonly<Record<string, string>> = {
  email: 'by email',
  github: 'with GitHub',
  oidc: 'by single sign-on',
  trusted: 'without proof of the address',
}

const REASONS: Readonly<Record<string, string>> = {
  user_not_found: 'no user has the address',
  user_disabled: 'the user is disabled',
  code_wrong: 'the code was wrong',
  code_dead: 'the code was used up or too old',
  sign_in_begun: 'too many were begun from one network',
  code_tried: 'too many codes were tried from one network',
  denied: 'access was not given there',
  invalid: 'the answer did not fit',
  unavailable: 'no answer came from there',
}

/** What happened, told from who did it: `ada@example.com signed in by email`. */
export function auditSentence(event: AuditEventResponse): SentencePart[] {
  const { actor, user } = event
  const own = user !== null && user.id === actor.userId
  return [actorOf(event), ' ', ...DEEDS[event.action]({ user, details: event.details as Details }, own)]
}

/** The sentence as plain text. */
export function sentenceText(parts: readonly SentencePart[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : userName(part))).join('')
}

/** The address of a user, or the id of one who was erased. */
export function userName({ id, email }: NamedUser): string {
  return email ?? `erased user ${id}`
}

function actorOf({ actor, action }: AuditEventResponse): SentencePart {
  if (actor.kind === 'user' && actor.userId !== null) return { id: actor.userId, email: actor.email }
  if (actor.kind === 'operator') return 'The operator'
  return action === 'sign_in_refused' ? 'Somebody' : 'Somebody unknown'
}

interface Told {
  readonly user: NamedUser | null
  readonly details: Details
}

/** @param own whether it was done to whoever did it */
type Deed = (told: Told, own: boolean) => SentencePart[]

const DEEDS: Record<AuditAction, Deed> = {
  sign_in: ({ details }) => [withMethod('signed in', details)],
  sign_in_refused: ({ details, user }) => [
    withMethod('was refused a sign-in', details),
    ...(user === null ? [] : [' as ', user]),
    because(details),
  ],
  session_renewed: () => ['renewed a session'],
  session_revoked: ({ user }, own) =>
    own ? ['signed out of a session'] : ['revoked a session of ', whom(user)],
  sessions_revoked: ({ user, details }, own) => {
    const sessions = counted(details.revoked, 'session')
    if (!own) return [`revoked ${sessions} of `, whom(user)]
    return [
      details.keepCurrent === true ? `signed out of ${sessions} elsewhere` : `signed out of ${sessions}`,
    ]
  },
  key_created: ({ details }) => [
    typeof details.expiresInDays === 'number'
      ? `created an API key for ${counted(details.expiresInDays, 'day')}`
      : 'created an API key that does not expire',
  ],
  key_revoked: ({ user }, own) => (own ? ['revoked an API key'] : ['revoked an API key of ', whom(user)]),
  data_exported: () => ['exported their own data'],
  user_added: ({ user, details }) => [
    'added ',
    whom(user),
    typeof details.plan === 'string' ? ` with the plan ${details.plan}` : '',
  ],
  user_changed: ({ user, details }, own) => [
    ...changesOf(details, own ? 'themselves' : whom(user)),
    details.because === 'ADMIN_EMAILS' ? ', as ADMIN_EMAILS says' : '',
  ],
  user_erased: ({ user }, own) => [own ? 'erased themselves' : `erased user ${user?.id ?? ''}`.trimEnd()],
  users_imported: ({ details }) => [
    `imported ${counted(details.added, 'user')}`,
    numberOf(details.exists) > 0
      ? `, ${counted(details.exists, 'user')} ${details.exists === 1 ? 'was' : 'were'} there before`
      : '',
    numberOf(details.invalid) > 0 ? `, ${counted(details.invalid, 'row')} did not fit` : '',
  ],
  usage_corrected: ({ user, details }, own) => [
    'corrected the usage of ',
    own ? 'themselves' : whom(user),
    corrections(details),
  ],
  plan_changed: ({ details }) => [named('changed the plan', details.plan)],
  plan_deleted: ({ details }) => [named('deleted the plan', details.plan)],
  price_changed: ({ details }) => [`set ${pricesOf(details.models)}`],
  price_deleted: ({ details }) => [
    typeof details.model === 'string' ? `deleted the price of ${details.model}` : 'deleted a price',
  ],
  admin_refused: () => ['was refused: only an admin may do this'],
  admin_link_made: ({ details }) => [
    details.because === 'first start'
      ? 'got a link to the dashboard at the first start'
      : 'made a link to the dashboard',
  ],
  operator_signed_in: () => ['signed in to the dashboard by a link'],
  users_exported: () => ['exported the list of users'],
  audit_exported: () => ['exported the audit log'],
}

const whom = (user: NamedUser | null): SentencePart => user ?? 'somebody'

function withMethod(deed: string, { method }: Details): string {
  return typeof method === 'string' ? `${deed} ${METHODS[method] ?? `by ${method}`}` : deed
}

function because({ reason }: Details): string {
  return typeof reason === 'string' ? `: ${REASONS[reason] ?? reason.replaceAll('_', ' ')}` : ''
}

/** What of a user was changed: the one thing in words, or the names of the things. */
function changesOf(details: Details, user: SentencePart): SentencePart[] {
  const { disabled, role, plan, threshold, fields } = details
  const changed = Array.isArray(fields) ? fields.map(String) : Object.keys(details)
  if (changed.length > 1 && details.because === undefined)
    return [`changed ${inWords(changed.map((field) => FIELDS[field] ?? field))} of `, user]
  if (typeof disabled === 'boolean') return [disabled ? 'disabled ' : 'enabled ', user]
  if (role === 'admin') return ['made ', user, ' an admin']
  if (role === 'member') return ['made ', user, ' a member']
  if (typeof plan === 'string') return ['gave ', user, ` the plan ${plan}`]
  if (threshold === null) return ['gave ', user, ' the threshold of the plan']
  if (typeof threshold === 'number')
    return [
      'gave ',
      user,
      threshold >= MAX_COUNT ? ' no threshold' : ` a threshold of ${exactNumber(threshold)}`,
    ]
  return [`changed ${changed.includes('overrides') ? 'the overrides' : 'something'} of `, user]
}

const FIELDS: Readonly<Record<string, string>> = {
  disabled: 'the state',
  role: 'the role',
  plan: 'the plan',
  threshold: 'the threshold',
  overrides: 'the overrides',
}

function corrections({ prompts, tokens, cost }: Details): string {
  const changes = [
    signed(prompts, (count) => counted(count, 'prompt')),
    signed(tokens, (count) => counted(count, 'token')),
    signed(cost, (micros) => exactNumber(micros, 'cost')),
  ].filter((change) => change !== '')
  return changes.length === 0 ? '' : ` by ${inWords(changes)}`
}

function signed(value: unknown, shown: (size: number) => string): string {
  const number = numberOf(value)
  if (number === 0) return ''
  return `${number < 0 ? '−' : '+'}${shown(Math.abs(number))}`
}

function pricesOf(models: unknown): string {
  if (!Array.isArray(models) || models.length === 0) return 'prices'
  return models.length <= 3
    ? `the price of ${inWords(models.map(String))}`
    : `the prices of ${models.length} models`
}

function counted(count: unknown, noun: string): string {
  return `${exactNumber(numberOf(count))} ${numberOf(count) === 1 ? noun : `${noun}s`}`
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

function inWords(things: readonly string[]): string {
  return things.length < 2 ? things.join('') : `${things.slice(0, -1).join(', ')} and ${things.at(-1)}`
}

/** What an older version wrote may lack it. */
function named(noun: string, name: unknown): string {
  return typeof name === 'string' ? `${noun} ${name}` : noun
}
