import { Button, Table } from '@mantine/core'
import type { Price } from '@promptmeter/contract'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { Fragment } from 'react'
import type { Address } from '../common/address.ts'
import { counted } from '../shown/numbers.ts'
import { type PriceGroup, priceTime } from './price-groups.ts'
import { PriceRow } from './price-row.tsx'

export interface PriceTableProps {
  readonly groups: readonly PriceGroup[]
  /** Milliseconds since 1970. */
  readonly now: number
  readonly address: Address
  readonly onDelete: (target: { readonly price: Price; readonly group: PriceGroup }) => void
}

/** What holds now of each model or pattern; its later and earlier prices behind a button. */
export function PriceTable({ groups, now, address, onDelete }: PriceTableProps) {
  const open = address.get('open')
  const query = { q: address.get('q'), open }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled has to be reached by the keyboard
    <section aria-label="Prices by model" tabIndex={0} style={{ overflowX: 'auto' }}>
      <Table verticalSpacing="xs" horizontalSpacing={6} highlightOnHover>
        <Table.Caption style={{ captionSide: 'top', textAlign: 'left', marginTop: 0 }}>
          Dollars for a million tokens. Of several that fit a model, one without * wins, then the one that
          says more.
        </Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Model</Table.Th>
            <Table.Th scope="col" ta="right">
              Input
            </Table.Th>
            <Table.Th scope="col" ta="right" visibleFrom="sm">
              Cached input
            </Table.Th>
            <Table.Th scope="col" ta="right">
              Output
            </Table.Th>
            <Table.Td aria-hidden="true" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groups.map((group) => {
            const { model, head, others } = group
            const opened = model === open
            const rowOf = (price: Price) => ({
              price,
              time: priceTime(price, group, now),
              query,
              onDelete: () => onDelete({ price, group }),
            })
            return (
              <Fragment key={model}>
                <PriceRow {...rowOf(head)}>
                  {others.length > 0 && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      mih={24}
                      aria-expanded={opened}
                      aria-label={`${counted(others.length, 'other price')} of ${model}`}
                      onClick={() => address.change({ open: opened ? null : model })}
                      rightSection={
                        opened ? (
                          <IconChevronDown size={14} aria-hidden="true" />
                        ) : (
                          <IconChevronRight size={14} aria-hidden="true" />
                        )
                      }
                    >
                      {counted(others.length, 'other price')}
                    </Button>
                  )}
                </PriceRow>
                {opened &&
                  others.map((price) => <PriceRow key={price.effectiveFrom} {...rowOf(price)} inner />)}
              </Fragment>
            )
          })}
        </Table.Tbody>
      </Table>
    </section>
  )
}
