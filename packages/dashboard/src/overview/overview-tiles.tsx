import { Paper, Skeleton, Text } from '@mantine/core'
import type { OverviewResponse } from '@promptmeter/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Amount } from '../common/amount.tsx'
import { shortNumber, type Unit } from '../shown/numbers.ts'
import css from './overview.module.css'

/** The range in six numbers. */
export function OverviewTiles({ overview }: { readonly overview: OverviewResponse | undefined }) {
  const users = overview?.users
  const { promptCount = 0, tokenCount = 0, costMicros = 0, activeUsers = 0 } = overview ?? {}
  return (
    <section aria-label="In all" className={css.tiles}>
      <Tile name="Prompts" value={overview?.promptCount} note={mean(promptCount, activeUsers, 'per user')} />
      <Tile name="Tokens" value={overview?.tokenCount} note={mean(tokenCount, promptCount, 'per prompt')} />
      <Tile
        name="Cost"
        value={overview?.costMicros}
        unit="cost"
        note={mean(costMicros, activeUsers, 'per user', 'cost')}
      />
      <Tile
        name="Active users"
        value={overview?.activeUsers}
        note={users && `of ${shortNumber(users.total)}`}
      />
      <Tile name="Near a limit" value={users?.near} note="now" to="/users?standing=near" color="orange" />
      <Tile name="At a limit" value={users?.reached} note="now" to="/users?standing=reached" color="red" />
    </section>
  )
}

/** What one of them has of it; nothing where there is none of them. */
function mean(total: number, of: number, each: string, unit: Unit = 'count'): string | undefined {
  return of === 0 ? undefined : `${shortNumber(Math.round(total / of), unit)} ${each}`
}

interface TileProps {
  readonly name: string
  readonly value: number | undefined
  readonly unit?: Unit
  readonly note?: ReactNode
  readonly to?: string
  /** Of the mark beside a number that is not zero. */
  readonly color?: string
}

function Tile({ name, value, unit = 'count', note, to, color }: TileProps) {
  const inside = (
    <>
      <Text size="sm" c="dimmed">
        {color !== undefined && value !== undefined && value > 0 && <Mark color={color} />}
        {name}
      </Text>
      <p className={css.value}>
        {value === undefined ? (
          <Skeleton component="span" display="inline-block" w="4.5rem" h="1.4rem" />
        ) : (
          <Amount value={value} unit={unit} />
        )}
      </p>
      <Text size="xs" c="dimmed" mih="1.2rem">
        {note}
      </Text>
    </>
  )
  return to === undefined ? (
    <Paper withBorder className={css.tile}>
      {inside}
    </Paper>
  ) : (
    <Paper withBorder className={css.tile} component={Link} href={to}>
      {inside}
    </Paper>
  )
}

function Mark({ color }: { readonly color: string }) {
  return (
    <span className={css.mark} style={{ background: `var(--mantine-color-${color}-6)` }} aria-hidden="true" />
  )
}
