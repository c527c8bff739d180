import type { UserResponse } from '@promptmeter/contract'
import { formatCount, formatFields, formatInstant, formatTable, formatThreshold } from './table.ts'

/** One user, for people. */
export function describeUser(user: UserResponse): string {
  return formatFields([
    ['Email', user.email],
    ['Id', user.id],
    ['Prompts', formatCount(user.promptCount)],
    ['Tokens', formatCount(user.tokenCount)],
    ['Threshold', formatThreshold(user.threshold)],
    ['Remaining', user.threshold === Number.MAX_SAFE_INTEGER ? 'no limit' : formatCount(user.remaining)],
    ['State', stateOf(user)],
    ['Added', `${formatInstant(user.createdAt)} UTC`],
  ])
}

/** Many users, a line each. */
export function describeUsers(users: readonly UserResponse[]): string {
  return formatTable(
    [
      { title: 'Email', value: ({ email }) => email },
      { title: 'Prompts', value: ({ promptCount }) => formatCount(promptCount), numeric: true },
      { title: 'Threshold', value: ({ threshold }) => formatThreshold(threshold), numeric: true },
      { title: 'Tokens', value: ({ tokenCount }) => formatCount(tokenCount), numeric: true },
      { title: 'State', value: stateOf },
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
