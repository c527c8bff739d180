import { Paper, Text } from '@mantine/core'
import type { TermsChange } from './terms-form.ts'

/** What will be another once it is saved; null while something typed is not right. */
export function TermsChanges({ changes }: { readonly changes: readonly TermsChange[] | null }) {
  return (
    <Paper withBorder p="sm" bg="var(--mantine-color-default)" aria-live="polite">
      <Text size="sm" fw={600} mb={4}>
        What changes
      </Text>
      {changes === null || changes.length === 0 ? (
        <Text size="sm" c="dimmed">
          {changes === null ? 'Something above is missing or wrong.' : 'Nothing yet.'}
        </Text>
      ) : (
        <Text component="ul" size="sm" m={0} pl="md">
          {changes.map(({ name, before, after }) => (
            <li key={name}>
              {name}: {before} → <strong>{after}</strong>
            </li>
          ))}
        </Text>
      )}
    </Paper>
  )
}
