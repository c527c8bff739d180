import { ActionIcon, Badge, Group, Menu, Table, Text } from '@mantine/core'
import type { Price } from '@promptmeter/contract'
import { IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { addressOf } from '../api/request.ts'
import { Moment } from '../common/moment.tsx'
import { exactNumber } from '../shown/numbers.ts'
import type { PriceTime } from './price-groups.ts'

export interface PriceRowProps {
  readonly price: Price
  readonly time: PriceTime
  /** Whether it belongs to the row above. */
  readonly inner?: boolean
  /** Stands below the name. */
  readonly children?: ReactNode
  /** What the address holds besides, for the links. */
  readonly query: Readonly<Record<string, string | null>>
  readonly onDelete: () => void
}

/** One price. Where the screen is narrow, that of cached input stands below that of other input. */
export function PriceRow({ price, time, inner = false, children, query, onDelete }: PriceRowProps) {
  const { model, effectiveFrom, inputMicros, cachedInputMicros, outputMicros } = price
  const cached = cachedInputMicros === null ? 'as input' : exactNumber(cachedInputMicros, 'cost')
  return (
    <Table.Tr {...(time === 'earlier' && { c: 'dimmed' })}>
      <Table.Th scope="row" fw={inner ? 400 : 600} {...(inner && { pl: { base: 'sm', sm: 'xl' } })}>
        {!inner && <div>{model}</div>}
        <Group gap="xs">
          <Text component="span" size={inner ? 'sm' : 'xs'} c="dimmed" fw={400}>
            {time === 'later' ? 'from ' : 'since '}
            <Moment at={effectiveFrom} show={inner ? 'moment' : 'day'} />
          </Text>
          {time !== 'now' && (
            <Badge size="sm" variant="light" color={time === 'later' ? 'accent' : 'gray'}>
              {time}
            </Badge>
          )}
          {children}
        </Group>
      </Table.Th>
      <Table.Td ta="right" className="number">
        {exactNumber(inputMicros, 'cost')}
        <Text size="xs" c="dimmed" hiddenFrom="sm" maw={72} ml="auto" style={{ whiteSpace: 'normal' }}>
          {cached}
          {cachedInputMicros !== null && ' cached'}
        </Text>
      </Table.Td>
      <Table.Td
        ta="right"
        className="number"
        visibleFrom="sm"
        {...(cachedInputMicros === null && { c: 'dimmed' })}
      >
        {cached}
      </Table.Td>
      <Table.Td ta="right" className="number">
        {exactNumber(outputMicros, 'cost')}
      </Table.Td>
      <Table.Td w={44} ta="right">
        <Menu position="bottom-end" returnFocus>
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Actions for ${model} from ${effectiveFrom}`}
            >
              <IconDots size={18} aria-hidden="true" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              component={Link}
              href={addressOf('/prices', { ...query, add: 1, model })}
              leftSection={<IconPlus size={16} aria-hidden="true" />}
            >
              New price from a moment on
            </Menu.Item>
            <Menu.Item
              component={Link}
              href={addressOf('/prices', { ...query, model, from: effectiveFrom })}
              leftSection={<IconPencil size={16} aria-hidden="true" />}
            >
              Correct
            </Menu.Item>
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} aria-hidden="true" />}
              onClick={onDelete}
            >
              Delete
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Table.Td>
    </Table.Tr>
  )
}
