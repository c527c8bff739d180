import { Anchor, List, Stack, Text, VisuallyHidden } from '@mantine/core'
import type { PlanPreviewResponse } from '@promptmeter/contract'
import { counted } from '../shown/numbers.ts'

/** Whom a change of a plan concerns, and how. */
export function PlanReach({
  name,
  preview,
}: {
  readonly name: string
  readonly preview: PlanPreviewResponse
}) {
  const { userCount, before, after, newlyReached, newlyReachedCount, newlyFreedCount } = preview
  const unnamed = newlyReachedCount - newlyReached.length
  return (
    <Stack gap="xs">
      <Text>
        {counted(userCount, 'user')} {userCount === 1 ? 'has' : 'have'} the plan <b>{name}</b>. The change
        holds from their next request on; what they used stays counted.
      </Text>
      <Text>
        {newlyReachedCount === 0 ? (
          'Nobody will be stopped by it.'
        ) : (
          <b>{counted(newlyReachedCount, 'more user')} will be stopped:</b>
        )}
      </Text>
      {newlyReached.length > 0 && (
        <List size="sm">
          {newlyReached.map(({ id, email }) => (
            <List.Item key={id}>
              {/* In a tab of its own: what is edited here stays. */}
              <Anchor href={`/users/${id}`} target="_blank" size="sm" display="inline-block" py={3}>
                {email}
                <VisuallyHidden> (opens in a new tab)</VisuallyHidden>
              </Anchor>
            </List.Item>
          ))}
          {unnamed > 0 && <List.Item>and {counted(unnamed, 'more', 'more')}</List.Item>}
        </List>
      )}
      {newlyFreedCount > 0 && (
        <Text>
          {counted(newlyFreedCount, 'user')} who {newlyFreedCount === 1 ? 'is' : 'are'} stopped now may go on.
        </Text>
      )}
      <Text size="sm" c="dimmed">
        Stopped by a limit: {counted(before.reached, 'user')} now, {counted(after.reached, 'user')} then. At
        80% or more: {counted(before.near, 'user')} now, {counted(after.near, 'user')} then.
      </Text>
    </Stack>
  )
}
