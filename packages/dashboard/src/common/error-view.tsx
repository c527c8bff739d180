import { Alert, Button, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { ApiError } from '../api/request.ts'

export interface ErrorViewProps {
  readonly error: Error
  /** Left out where trying again cannot help. */
  readonly retry?: () => unknown
}

/** What stands where something could not be shown: why, and what to do. */
export function ErrorView({ error, retry }: ErrorViewProps) {
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle aria-hidden="true" />}
      title="This could not be loaded"
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{sentenceOf(error)}</Text>
        {retry !== undefined && (
          <Button size="xs" variant="default" onClick={() => void retry()}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

/** In the words of the server, which are made for people. */
export function sentenceOf(error: Error): string {
  return error instanceof ApiError ? error.message : 'Something failed in this page. Load it again.'
}
