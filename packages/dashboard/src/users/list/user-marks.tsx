import { Badge, Group } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { type UserMark, userMarks } from './user-standing.ts'

const MARKS: Readonly<Record<UserMark, { readonly text: string; readonly color: string }>> = {
  disabled: { text: 'Disabled', color: 'gray' },
  admin: { text: 'Admin', color: 'accent' },
  reached: { text: 'At limit', color: 'red.6' },
  near: { text: 'Near limit', color: 'orange.6' },
}

/** What is to be known of a user at a glance, in words as well as in colour. */
export function UserMarks({ user }: { readonly user: AdminUserResponse }) {
  const marks = userMarks(user)
  if (marks.length === 0) return null
  return (
    <Group gap={4}>
      {marks.map((mark) => (
        <Badge key={mark} variant="dot" color={MARKS[mark].color} tt="none" fw={500} miw="max-content">
          {MARKS[mark].text}
        </Badge>
      ))}
    </Group>
  )
}
