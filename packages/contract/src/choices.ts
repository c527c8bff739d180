/** What there is to choose from, apart from the schemas: for the command line and the dashboard, which need no more. */

export const ROLES = ['member', 'admin'] as const
export type Role = (typeof ROLES)[number]

export const USER_SORTS = [
  'createdAt',
  'email',
  'promptCount',
  'tokenCount',
  'costMicros',
  'lastUsedAt',
] as const
export type UserSort = (typeof USER_SORTS)[number]

/** Where users may stand with the limit that they have used most of. */
export const STANDINGS = ['near', 'reached'] as const
export type Standing = (typeof STANDINGS)[number]
