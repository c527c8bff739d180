import { lazy, Suspense, useEffect, useState } from 'react'
import type { ConfirmDialogProps } from './confirm-dialog.tsx'

const ConfirmDialog = lazy(async () => ({ default: (await import('./confirm-dialog.tsx')).ConfirmDialog }))

/** A `ConfirmDialog` that is loaded when it is first asked for: most visits ask for none. */
export function LazyConfirmDialog(props: ConfirmDialogProps) {
  const wanted = useWanted(props.opened)
  return wanted && <Suspense>{<OpensLate {...props} />}</Suspense>
}

function OpensLate({ opened, ...props }: ConfirmDialogProps) {
  return <ConfirmDialog {...props} opened={useOpenedLate(opened)} />
}

/** Whether it was ever opened: only then there is something to load. */
export function useWanted(opened: boolean): boolean {
  const [wanted, setWanted] = useState(opened)
  if (opened && !wanted) setWanted(true)
  return wanted
}

/** False at first: a dialog that is mounted closed and then opened knows where the focus was, and returns it. */
export function useOpenedLate(opened: boolean): boolean {
  const [mounted, setMounted] = useState(false)
  useEffect(() => setMounted(true), [])
  return opened && mounted
}
