import { Anchor, Group, Skeleton, Text, VisuallyHidden } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { Link } from 'wouter'
import { Amount } from '../../common/amount.tsx'
import { Moment } from '../../common/moment.tsx'
import { UsedShare } from './used-share.tsx'
import { UserMarks } from './user-marks.tsx'
import css from './users.module.css'

/** Users where there is no room for a table. @param users null while nobody knows them yet */
export function UserCards({ users }: { readonly users: readonly AdminUserResponse[] | null }) {
  return (
    <ul className={css.cards} aria-label="Users">
      {users === null
        ? Array.from({ length: 8 }, (_, card) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
            <li key={card} className={css.card}>
              {card === 0 && <VisuallyHidden role="status">Loading</VisuallyHidden>}
              <Skeleton height={88} />
            </li>
          ))
        : users.map((user) => <UserCard key={user.id} user={user} />)}
    </ul>
  )
}

function UserCard({ user }: { readonly user: AdminUserResponse }) {
  return (
    <li className={css.card}>
      <Group justify="space-between" gap="xs">
        <Anchor component={Link} href={`/users/${user.id}`} fw={500}>
          {user.email}
        </Anchor>
        <UserMarks user={user} />
      </Group>
      <Text size="sm" mt={4}>
        <Amount value={user.promptCount} /> {user.promptCount === 1 ? 'prompt' : 'prompts'} ·{' '}
        <Amount value={user.tokenCount} /> tokens · <Amount value={user.costMicros} unit="cost" />
      </Text>
      <Group justify="space-between" gap="xs" mt={4}>
        <Text size="sm" c="dimmed">
          {user.plan} ·{' '}
          {user.lastUsedAt === null ? (
            'never used'
          ) : (
            <>used {<Moment at={user.lastUsedAt} show="relative" />}</>
          )}
        </Text>
        <UsedShare share={user.usedShare} />
      </Group>
    </li>
  )
}
