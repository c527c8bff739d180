import { Progress, Text } from '@mantine/core'
import { percent } from '../../shown/numbers.ts'
import { standingOf } from './user-standing.ts'
import css from './users.module.css'

const COLORS = { reached: 'red.6', near: 'orange.6' } as const

/** How much is used of the limit that is used most. @param share 1 for all; null where nothing is limited */
export function UsedShare({ share }: { readonly share: number | null }) {
  if (share === null) {
    return (
      <Text span size="sm" c="dimmed">
        No limit
      </Text>
    )
  }
  const standing = standingOf(share)
  return (
    <span className={css.share}>
      {/* The number beside it says the same. */}
      <span className={css.bar} aria-hidden="true">
        <Progress.Root size="sm">
          <Progress.Section
            value={Math.min(100, share * 100)}
            color={standing === null ? 'accent' : COLORS[standing]}
            withAria={false}
          />
        </Progress.Root>
      </span>
      <span className="number">{percent(share)}</span>
    </span>
  )
}
