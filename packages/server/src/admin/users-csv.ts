import { NEAR_LIMIT_SHARE } from '@promptmeter/contract'
import { csvLine } from '../csv.ts'
import { toAdminUserResponse, type User } from '../users/user.ts'

/** Those an import reads are called as it wants them, so that the file can be imported elsewhere. */
const COLUMNS = [
  'email',
  'plan',
  'role',
  'state',
  'promptCount',
  'tokenCount',
  'costMicros',
  'threshold',
  'createdAt',
  'lastUsedAt',
  'id',
] as const

/** Users as the text of a CSV file, a page at a time; nothing is read before it is asked for. */
export async function* usersCsv(pages: AsyncIterable<readonly User[]>): AsyncGenerator<string> {
  yield csvLine(COLUMNS)
  for await (const page of pages) yield page.map(lineOf).join('')
}

function lineOf(user: User): string {
  const { email, plan, role, promptCount, tokenCount, costMicros, createdAt, lastUsedAt, id, usedShare } =
    toAdminUserResponse(user)
  const state = stateOf(user.disabled, usedShare ?? 0)
  const threshold = user.thresholdOverride
  return csvLine([
    email,
    plan,
    role,
    state,
    promptCount,
    tokenCount,
    costMicros,
    threshold,
    createdAt,
    lastUsedAt,
    id,
  ])
}

function stateOf(disabled: boolean, usedShare: number): string {
  if (disabled) return 'disabled'
  if (usedShare >= 1) return 'reached'
  return usedShare >= NEAR_LIMIT_SHARE ? 'near' : 'active'
}
