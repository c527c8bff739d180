import { Button, Collapse, Group, NativeSelect, Paper } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAdjustmentsHorizontal, IconX } from '@tabler/icons-react'
import { useId } from 'react'
import { usePlans } from '../../plans/plans-queries.ts'
import { counted } from '../../shown/numbers.ts'
import { withChosen } from './filter-options.ts'
import { SearchField } from './search-field.tsx'
import type { UserListAddress } from './use-user-list.ts'
import { ALL_ORDERS, orderName } from './user-list-address.ts'
import css from './users.module.css'

const ANY = { value: '', label: 'Any' }
const STANDINGS = [ANY, { value: 'near', label: 'From 80%' }, { value: 'reached', label: 'Reached' }]
const STATES = [ANY, { value: 'false', label: 'Active' }, { value: 'true', label: 'Disabled' }]
const ROLES = [ANY, { value: 'member', label: 'Member' }, { value: 'admin', label: 'Admin' }]
const ABSENCES = [7, 30, 90, 365].map(String)
const days = (count: string) => `For ${counted(Number(count), 'day')}`

export interface FilterBarProps {
  readonly list: UserListAddress
  /** Whether there is little room: the choices are behind a button then, and there are no columns to sort by. */
  readonly narrow: boolean
}

/** Says which users are shown. */
export function FilterBar({ list, narrow }: FilterBarProps) {
  const { filters, order, choose } = list
  const [opened, { toggle }] = useDisclosure(false)
  const choicesId = useId()
  const plans = usePlans()
  const planNames = plans.data?.map(({ name }) => name) ?? []

  const choices = (
    <>
      <NativeSelect
        label="Plan"
        value={filters.plan ?? ''}
        data={[ANY, ...withChosen(planNames, filters.plan)]}
        onChange={(event) => choose({ plan: event.currentTarget.value })}
      />
      <NativeSelect
        label="Limit used"
        value={filters.standing ?? ''}
        data={STANDINGS}
        onChange={(event) => choose({ standing: event.currentTarget.value })}
      />
      <NativeSelect
        label="State"
        value={filters.disabled === undefined ? '' : String(filters.disabled)}
        data={STATES}
        onChange={(event) => choose({ disabled: event.currentTarget.value })}
      />
      <NativeSelect
        label="Not used"
        value={String(filters.inactiveDays ?? '')}
        data={[ANY, ...withChosen(ABSENCES, filters.inactiveDays?.toString(), days)]}
        onChange={(event) => choose({ inactiveDays: event.currentTarget.value })}
      />
      <NativeSelect
        label="Role"
        value={filters.role ?? ''}
        data={ROLES}
        onChange={(event) => choose({ role: event.currentTarget.value })}
      />
    </>
  )
  const search = (
    <SearchField
      value={filters.search ?? ''}
      onSearch={(text) => choose({ search: text }, { replace: true })}
    />
  )
  if (!narrow) {
    return (
      <Paper component="section" aria-label="Filters" withBorder p="md">
        <div className={css.filters}>
          {search}
          {choices}
        </div>
        <ClearFilters list={list} />
      </Paper>
    )
  }
  return (
    <Paper component="section" aria-label="Filters" withBorder p="md">
      {search}
      <Button
        mt="sm"
        fullWidth
        variant="default"
        leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden="true" />}
        aria-expanded={opened}
        aria-controls={choicesId}
        onClick={toggle}
      >
        {opened ? 'Hide filters and order' : 'Filters and order'}
      </Button>
      <Collapse expanded={opened} id={choicesId}>
        <div className={css.filters}>
          {choices}
          <NativeSelect
            label="Order"
            value={`${order.sort} ${order.order}`}
            data={ALL_ORDERS.map((each) => ({ value: `${each.sort} ${each.order}`, label: orderName(each) }))}
            onChange={(event) => {
              const [sort = null, direction = null] = event.currentTarget.value.split(' ')
              choose({ sort, order: direction })
            }}
          />
        </div>
      </Collapse>
      <ClearFilters list={list} />
    </Paper>
  )
}

function ClearFilters({ list }: { readonly list: UserListAddress }) {
  const count = Object.keys(list.filters).length
  if (count === 0) return null
  return (
    <Group mt="sm">
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<IconX size={14} aria-hidden="true" />}
        onClick={list.clearFilters}
      >
        Clear {counted(count, 'filter')}
      </Button>
    </Group>
  )
}
