import type {
  AdminUserResponse,
  LimitResponse,
  UserLimitsResponse,
  UserResponse,
} from '@promptmeter/contract'
import { formatAmount } from './limit-option.ts'
import { formatDollars } from './money.ts'
import { describeOverrides } from './plan-report.ts'
import { formatCount, formatFields, formatInstant, formatTable, formatThreshold } from './table.ts'

/** One user, for people. */
export function describeUser(user: UserResponse): string {
  return formatFields([
    ['Email', user.email],
    ['Id', user.id],
    ['Role', user.role],
    ['Plan', user.plan],
    ...(user.overrides === null ? [] : [['Overrides', describeOverrides(user.overrides)] as const]),
    ['Prompts', formatCount(user.promptCount)],
    ['Tokens', formatCount(user.tokenCount)],
    ['Cost', formatDollars(user.costMicros)],
    ['Threshold', formatThreshold(user.threshold)],
    ['Remaining', user.threshold === Number.MAX_SAFE_INTEGER ? 'no limit' : formatCount(user.remaining)],
    ['State', stateOf(user)],
    ['Added', `${formatInstant(user.createdAt)} UTC`],
  ])
}

/** One user and where they stand with each limit, for people. */
export function describeUserWithLimits({ limits, ...user }: UserResponse & UserLimitsResponse): string {
  return `${describeUser(user)}\n${limits.length === 0 ? 'No limits.\n' : describeLimits(limits)}`
}

function describeLimits(limits: readonly LimitResponse[]): string {
  const amountColumn = (title: string, field: 'amount' | 'used' | 'held' | 'remaining') => ({
    title,
    value: (limit: LimitResponse) => formatAmount(limit.meter, limit[field]),
    numeric: true,
  })
  return formatTable(
    [
      { title: 'Limit', value: ({ meter, window }) => `${meter}/${window}` },
      amountColumn('Amount', 'amount'),
      amountColumn('Used', 'used'),
      amountColumn('Held', 'held'),
      amountColumn('Remaining', 'remaining'),
      {
        title: 'Resets at (UTC)',
        value: ({ resetsAt }) => (resetsAt === null ? 'never' : formatInstant(resetsAt)),
      },
    ],
    limits,
  )
}

/** Many users, a line each. */
export function describeUsers(users: readonly AdminUserResponse[]): string {
  return formatTable(
    [
      { title: 'Email', value: ({ email }) => email },
      { title: 'Plan', value: ({ plan }) => plan },
      { title: 'Prompts', value: ({ promptCount }) => formatCount(promptCount), numeric: true },
      { title: 'Threshold', value: ({ threshold }) => formatThreshold(threshold), numeric: true },
      { title: 'Tokens', value: ({ tokenCount }) => formatCount(tokenCount), numeric: true },
      { title: 'State', value: stateOf },
      { title: 'Last used (UTC)', value: ({ lastUsedAt }) => formatInstant(lastUsedAt) },
      { title: 'Added (UTC)', value: ({ createdAt }) => formatInstant(createdAt) },
      { title: 'Id', value: ({ id }) => id },
    ],
    users,
  )
}

function stateOf({ disabled, promptCount, threshold }: UserResponse): string {
  if (disabled) return 'disabled'
  return promptCount >= threshold ? 'at limit' : 'active'
}
