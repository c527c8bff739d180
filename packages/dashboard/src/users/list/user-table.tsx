import { Anchor, Skeleton, Table, VisuallyHidden } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { Link } from 'wouter'
import { Amount } from '../../common/amount.tsx'
import { Moment } from '../../common/moment.tsx'
import { SortHeader } from './sort-header.tsx'
import { UsedShare } from './used-share.tsx'
import type { UserOrder } from './user-list-address.ts'
import { UserMarks } from './user-marks.tsx'
import css from './users.module.css'

export interface UserTableProps {
  /** Null while nobody knows them yet. */
  readonly users: readonly AdminUserResponse[] | null
  readonly order: UserOrder
  readonly onOrder: (order: UserOrder) => void
}

/** From this width on there is room for the tokens, and from that one on for the day of the beginning. */
const MEDIUM = 'lg'
const WIDE = 'xl'

/** Users in rows, sorted by the headers of the columns. */
export function UserTable({ users, order, onOrder }: UserTableProps) {
  const sorting = { order, onOrder }
  return (
    <Table.ScrollContainer
      minWidth={660}
      type="native"
      tabIndex={0}
      role="region"
      aria-label="Users, in a table"
    >
      <Table className={css.table ?? ''} highlightOnHover={users !== null} verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <SortHeader by="email" {...sorting}>
              Email
            </SortHeader>
            <Table.Th scope="col">Plan</Table.Th>
            <SortHeader by="promptCount" numeric {...sorting}>
              Prompts
            </SortHeader>
            <SortHeader by="tokenCount" numeric visibleFrom={MEDIUM} {...sorting}>
              Tokens
            </SortHeader>
            <SortHeader by="costMicros" numeric {...sorting}>
              Cost
            </SortHeader>
            <Table.Th scope="col">Limit used</Table.Th>
            <SortHeader by="lastUsedAt" {...sorting}>
              Last used
            </SortHeader>
            <SortHeader by="createdAt" visibleFrom={WIDE} {...sorting}>
              Added
            </SortHeader>
            <Table.Th scope="col">State</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {users === null ? <SkeletonRows /> : users.map((user) => <UserRow key={user.id} user={user} />)}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function UserRow({ user }: { readonly user: AdminUserResponse }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        <Anchor component={Link} href={`/users/${user.id}`} inherit>
          {user.email}
        </Anchor>
      </Table.Th>
      <Table.Td className={css.plan ?? ''} title={user.plan}>
        {user.plan}
      </Table.Td>
      <Table.Td className={css.numeric ?? ''}>
        <Amount value={user.promptCount} />
      </Table.Td>
      <Table.Td className={css.numeric ?? ''} visibleFrom={MEDIUM}>
        <Amount value={user.tokenCount} />
      </Table.Td>
      <Table.Td className={css.numeric ?? ''}>
        <Amount value={user.costMicros} unit="cost" />
      </Table.Td>
      <Table.Td>
        <UsedShare share={user.usedShare} />
      </Table.Td>
      <Table.Td>
        <Moment at={user.lastUsedAt} show="relative" />
      </Table.Td>
      <Table.Td visibleFrom={WIDE}>
        <Moment at={user.createdAt} show="day" />
      </Table.Td>
      <Table.Td>
        <UserMarks user={user} />
      </Table.Td>
    </Table.Tr>
  )
}

function SkeletonRows() {
  return Array.from({ length: 12 }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
    <Table.Tr key={row}>
      <Table.Td colSpan={9}>
        {row === 0 && <VisuallyHidden role="status">Loading</VisuallyHidden>}
        <Skeleton height={22} />
      </Table.Td>
    </Table.Tr>
  ))
}
