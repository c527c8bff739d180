import { Button, Group, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { type ReactNode, useRef } from 'react'
import { EmptyView } from '../../common/empty-view.tsx'
import { ErrorView } from '../../common/error-view.tsx'
import { Panel } from '../../common/panel.tsx'
import { counted } from '../../shown/numbers.ts'
import type { UserListAddress } from './use-user-list.ts'
import { UserCards } from './user-cards.tsx'
import { orderName, type UserOrder } from './user-list-address.ts'
import { useUserPage } from './user-list-queries.ts'
import { UserTable } from './user-table.tsx'
import css from './users.module.css'

export interface UserListProps {
  readonly list: UserListAddress
  readonly narrow: boolean
  /** What stands there while the server has no users at all. */
  readonly whenNone: ReactNode
}

/** A page of users, with the way to the next. */
export function UserList({ list, narrow, whenNone }: UserListProps) {
  const { filters, order, cursor, page, choose, clearFilters, goToFirst } = list
  const query = useUserPage(list)
  const top = useRef<HTMLDivElement>(null)
  const filtered = Object.keys(filters).length > 0
  const users = query.data?.users ?? null

  let content: ReactNode
  if (query.data === undefined && query.error !== null) {
    content = (
      <>
        <ErrorView error={query.error} retry={query.refetch} />
        {cursor !== null && (
          <Button mt="sm" variant="default" onClick={goToFirst}>
            Go to the first page
          </Button>
        )}
      </>
    )
  } else if (users?.length === 0 && cursor === null && !filtered) content = whenNone
  else if (users?.length === 0) {
    content = (
      <EmptyView title={cursor === null ? 'No user fits' : 'Nobody is left on this page'}>
        {cursor === null ? 'Nobody is all of what the filters ask for.' : 'The list has become shorter.'}
        <Group justify="center" mt="sm">
          <Button variant="default" size="sm" onClick={cursor === null ? clearFilters : goToFirst}>
            {cursor === null ? 'Clear the filters' : 'Go to the first page'}
          </Button>
        </Group>
      </EmptyView>
    )
  } else {
    const onOrder = ({ sort, order: direction }: UserOrder) => choose({ sort, order: direction })
    content = narrow ? (
      <UserCards users={users} />
    ) : (
      <UserTable users={users} order={order} onOrder={onOrder} />
    )
  }

  return (
    <div ref={top}>
      <Panel
        title={filtered ? 'Users that fit' : 'All users'}
        actions={
          <Text size="sm" c="dimmed" role="status">
            {users !== null && users.length > 0 && (
              <>
                {counted(users.length, 'user')}
                {page === null ? ', further down the list' : page > 1 && ` on page ${page}`} ·{' '}
                {orderName(order)}
              </>
            )}
          </Text>
        }
      >
        <div className={query.isPlaceholderData ? css.waiting : ''} aria-busy={query.isPlaceholderData}>
          {content}
        </div>
        {query.data !== undefined && (
          <Pager
            list={list}
            next={query.data?.nextCursor ?? null}
            onTurn={() => top.current?.scrollIntoView()}
          />
        )}
      </Panel>
    </div>
  )
}

interface PagerProps {
  readonly list: UserListAddress
  readonly next: string | null
  readonly onTurn: () => void
}

/** Both buttons stay where they are, so that one can turn many pages without moving the pointer or the focus. */
function Pager({ list: { cursor, goToNext, goToPrevious }, next, onTurn }: PagerProps) {
  if (cursor === null && next === null) return null
  return (
    <Group component="nav" aria-label="Pages" justify="space-between" mt="md">
      <Button
        variant="default"
        leftSection={<IconChevronLeft size={16} aria-hidden="true" />}
        {...(cursor === null && { 'data-disabled': true, 'aria-disabled': true })}
        onClick={() => {
          if (cursor === null) return
          goToPrevious()
          onTurn()
        }}
      >
        Previous
      </Button>
      <Button
        variant="default"
        rightSection={<IconChevronRight size={16} aria-hidden="true" />}
        {...(next === null && { 'data-disabled': true, 'aria-disabled': true })}
        onClick={() => {
          if (next === null) return
          goToNext(next)
          onTurn()
        }}
      >
        Next
      </Button>
    </Group>
  )
}
