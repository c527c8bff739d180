import { Button, Text, TextInput } from '@mantine/core'
import type { Price } from '@promptmeter/contract'
import { IconPlus, IconReceipt, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { addressOf } from '../api/request.ts'
import { type Address, useAddress } from '../common/address.ts'
import { EmptyView } from '../common/empty-view.tsx'
import { Page } from '../common/page.tsx'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import { QueryView } from '../common/query-view.tsx'
import { DeletePriceDialog } from './delete-price-dialog.tsx'
import { ImportPanel } from './import-panel.tsx'
import { PriceDialog } from './price-dialog.tsx'
import type { PriceTask } from './price-form.tsx'
import { groupPrices, type PriceGroup } from './price-groups.ts'
import { PriceTable } from './price-table.tsx'
import { usePrices } from './prices-queries.ts'

export default function PricesPage() {
  const address = useAddress()
  const prices = usePrices()
  const [deleted, setDeleted] = useState<{ readonly price: Price; readonly group: PriceGroup } | null>(null)
  const search = address.get('q') ?? ''
  return (
    <Page
      title="Prices"
      about="A call is charged by the price that holds when it begins."
      actions={
        <Button
          component={Link}
          href={addressOf('/prices', { q: search, open: address.get('open'), add: 1 })}
          leftSection={<IconPlus size={16} aria-hidden="true" />}
        >
          New price
        </Button>
      }
    >
      <Panel
        title="Models"
        actions={
          <TextInput
            type="search"
            aria-label="Search models"
            placeholder="Search models"
            leftSection={<IconSearch size={16} aria-hidden="true" />}
            value={search}
            onChange={({ currentTarget }) => address.change({ q: currentTarget.value }, { replace: true })}
            w={{ base: '100%', xs: 260 }}
          />
        }
      >
        <QueryView query={prices} skeleton={<RowsSkeleton rows={8} height={40} />}>
          {(all) => <Found prices={all} search={search} address={address} onDelete={setDeleted} />}
        </QueryView>
      </Panel>
      <ImportPanel />
      <PriceDialog
        task={taskOf(address, prices.data)}
        prices={prices.data ?? []}
        onClose={() => address.change({ add: null, model: null, from: null }, { replace: true })}
      />
      <DeletePriceDialog target={deleted} onClose={() => setDeleted(null)} />
    </Page>
  )
}

interface FoundProps {
  readonly prices: readonly Price[]
  readonly search: string
  readonly address: Address
  readonly onDelete: (target: { readonly price: Price; readonly group: PriceGroup }) => void
}

function Found({ prices, search, address, onDelete }: FoundProps) {
  const now = Date.now()
  const wanted = search.trim().toLowerCase()
  const found = prices.filter(({ model }) => model.toLowerCase().includes(wanted))
  if (prices.length === 0)
    return (
      <EmptyView title="No prices: cost is not counted" icon={IconReceipt}>
        A plan that limits cost refuses every call until its model has a price. Begin with the list below, or
        add a price.
      </EmptyView>
    )
  if (found.length === 0)
    return (
      <EmptyView title="No such model" icon={IconSearch}>
        <Text span>No model or pattern with a price holds “{search.trim()}”.</Text>
      </EmptyView>
    )
  return <PriceTable groups={groupPrices(found, now)} now={now} address={address} onDelete={onDelete} />
}

/** What the address asks for: `?add=1`, with `model` for a price to begin with; `model` and `from` for one to correct. */
function taskOf(address: Address, prices: readonly Price[] | undefined): PriceTask | null {
  if (prices === undefined) return null
  const [model, from] = [address.get('model'), address.get('from')]
  if (address.get('add') !== null)
    return { kind: 'add', model: model ?? '', like: prices.find((price) => price.model === model) ?? null }
  const price = prices.find((each) => each.model === model && each.effectiveFrom === from)
  return price === undefined ? null : { kind: 'correct', price }
}
