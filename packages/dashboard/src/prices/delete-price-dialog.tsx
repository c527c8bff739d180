import type { Price } from '@promptmeter/contract'
import { ConfirmDialog } from '../common/confirm-dialog.tsx'
import { notifyDone } from '../common/notify.ts'
import { localMoment } from '../shown/moments.ts'
import { exactNumber } from '../shown/numbers.ts'
import { type PriceGroup, priceBefore } from './price-groups.ts'
import { useDeletePrice } from './prices-queries.ts'

export interface DeletePriceDialogProps {
  /** Null while it is closed. */
  readonly target: { readonly price: Price; readonly group: PriceGroup } | null
  readonly onClose: () => void
}

/** Asks before a price is deleted, and says what holds then. */
export function DeletePriceDialog({ target, onClose }: DeletePriceDialogProps) {
  const deletePrice = useDeletePrice()
  const close = () => {
    deletePrice.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      opened={target !== null}
      onClose={close}
      title="Delete a price"
      action="Delete"
      busy={deletePrice.isPending}
      error={deletePrice.error}
      onConfirm={() => {
        if (target === null) return
        deletePrice.mutate(target.price, {
          onSuccess: () => {
            close()
            notifyDone(`The price of ${target.price.model} is deleted.`)
          },
        })
      }}
    >
      {target !== null && (
        <>
          The price of <b>{target.price.model}</b> from {localMoment(target.price.effectiveFrom)} on will be
          deleted. {consequenceOf(target.price, target.group)} What was charged stays charged.
        </>
      )}
    </ConfirmDialog>
  )
}

function consequenceOf(price: Price, group: PriceGroup): string {
  const before = priceBefore(price, group)
  if (before === null)
    return 'Calls of its models cost what another pattern says. Where none fits they cost nothing, and a plan that limits cost refuses them.'
  const [input, output] = [before.inputMicros, before.outputMicros].map((micros) =>
    exactNumber(micros, 'cost'),
  )
  return `The one before holds again: ${input} for input, ${output} for output.`
}
