import { Button, SimpleGrid, Skeleton, VisuallyHidden } from '@mantine/core'
import type { PlanResponse } from '@promptmeter/contract'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { type Address, useAddress } from '../common/address.ts'
import { Page } from '../common/page.tsx'
import { QueryView } from '../common/query-view.tsx'
import { DeletePlanDialog } from './delete-plan-dialog.tsx'
import { PlanCard } from './plan-card.tsx'
import { PlanEditor, type PlanTask } from './plan-editor.tsx'
import { usePlans } from './plans-queries.ts'

const COLUMNS = { base: 1, md: 2, xl: 3 }

export default function PlansPage() {
  const address = useAddress()
  const plans = usePlans()
  const [deleted, setDeleted] = useState<PlanResponse | null>(null)
  return (
    <Page
      title="Plans"
      about="What users are granted. A change holds from their very next request on."
      actions={
        <Button component={Link} href="/plans?new=1" leftSection={<IconPlus size={16} aria-hidden="true" />}>
          New plan
        </Button>
      }
    >
      <QueryView query={plans} skeleton={<CardsSkeleton />}>
        {(all) => (
          <SimpleGrid cols={COLUMNS} spacing="md">
            {all.map((plan) => (
              <PlanCard key={plan.name} plan={plan} onDelete={() => setDeleted(plan)} />
            ))}
          </SimpleGrid>
        )}
      </QueryView>
      <PlanEditor
        task={plans.data === undefined ? null : taskOf(address)}
        plans={plans.data ?? []}
        onClose={() => address.change({ edit: null, copy: null, new: null }, { replace: true })}
      />
      <DeletePlanDialog plan={deleted} onClose={() => setDeleted(null)} />
    </Page>
  )
}

function CardsSkeleton() {
  return (
    <SimpleGrid cols={COLUMNS} spacing="md" aria-busy="true">
      <VisuallyHidden role="status">Loading</VisuallyHidden>
      <Skeleton height={256} />
      <Skeleton height={256} />
      <Skeleton height={256} />
    </SimpleGrid>
  )
}

/** What the address asks for: `?edit=pro`, `?copy=pro` or `?new=1`. */
function taskOf(address: Address): PlanTask | null {
  const edited = address.get('edit')
  if (edited !== null) return { kind: 'edit', name: edited }
  const copied = address.get('copy')
  return copied === null && address.get('new') === null ? null : { kind: 'create', name: copied }
}
