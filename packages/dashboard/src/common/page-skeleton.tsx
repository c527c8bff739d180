import { Skeleton, Stack, VisuallyHidden } from '@mantine/core'

/** Stands where a whole page will be. */
export function PageSkeleton() {
  return (
    <Stack gap="md" p="lg" aria-busy="true">
      <VisuallyHidden role="status">Loading</VisuallyHidden>
      <Skeleton height={34} width={220} />
      <Skeleton height={96} />
      <Skeleton height={320} />
    </Stack>
  )
}

/** Stands where rows will be. @param rows how many */
export function RowsSkeleton({ rows, height = 22 }: { readonly rows: number; readonly height?: number }) {
  return (
    <Stack gap="md" aria-busy="true" py="sm">
      <VisuallyHidden role="status">Loading</VisuallyHidden>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={row} height={height} />
      ))}
    </Stack>
  )
}
