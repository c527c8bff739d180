import type { AdminUserResponse } from '@promptmeter/contract'
import { NEAR_LIMIT_SHARE } from '@promptmeter/contract/bounds'

export type UserMark = 'disabled' | 'admin' | 'reached' | 'near'

/** What is to be known of a user at a glance. */
export function userMarks({ disabled, role, usedShare }: AdminUserResponse): readonly UserMark[] {
  const standing = standingOf(usedShare)
  return [
    ...(disabled ? (['disabled'] as const) : []),
    ...(role === 'admin' ? (['admin'] as const) : []),
    ...(standing === null ? [] : [standing]),
  ]
}

/** Where a share of a limit stands; null for far from it. */
export function standingOf(share: number | null): 'reached' | 'near' | null {
  if (share === null || share < NEAR_LIMIT_SHARE) return null
  return share >= 1 ? 'reached' : 'near'
}
