import { Stack } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'

/** A step that follows from what was done in the one before: the button that had the focus is gone, so it takes it. */
export function ImportStep({ children }: { readonly children: ReactNode }) {
  const step = useRef<HTMLDivElement>(null)
  useEffect(() => step.current?.focus({ preventScroll: true }), [])
  return (
    <Stack gap="lg" ref={step} tabIndex={-1} style={{ outline: 'none' }}>
      {children}
    </Stack>
  )
}
