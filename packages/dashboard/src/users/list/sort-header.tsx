import { Table, UnstyledButton } from '@mantine/core'
import type { UserSort } from '@promptmeter/contract'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { orderAfter, type UserOrder } from './user-list-address.ts'
import css from './users.module.css'

export interface SortHeaderProps {
  readonly by: UserSort
  readonly order: UserOrder
  readonly onOrder: (order: UserOrder) => void
  readonly numeric?: boolean
  readonly visibleFrom?: string
  readonly children: ReactNode
}

/** The header of a column by which the table can be sorted. */
export function SortHeader({ by, order, onOrder, numeric, visibleFrom, children }: SortHeaderProps) {
  const sorted = order.sort === by
  const shown = sorted ? order.order : orderAfter(order, by).order
  const Arrow = shown === 'asc' ? IconArrowUp : IconArrowDown
  return (
    <Table.Th
      scope="col"
      aria-sort={sorted ? (order.order === 'asc' ? 'ascending' : 'descending') : 'none'}
      {...(numeric && { className: css.numeric ?? '' })}
      {...(visibleFrom !== undefined && { visibleFrom })}
    >
      <UnstyledButton className={css.sort ?? ''} onClick={() => onOrder(orderAfter(order, by))}>
        {children}
        <Arrow size={14} aria-hidden="true" className={sorted ? '' : css.unsorted} />
      </UnstyledButton>
    </Table.Th>
  )
}
