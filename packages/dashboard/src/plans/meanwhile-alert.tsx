import { Alert, Button, Stack, Text } from '@mantine/core'
import type { PlanResponse } from '@promptmeter/contract'
import { Moment } from '../common/moment.tsx'

export interface MeanwhileAlertProps {
  /** What the plan is by now; null when it was deleted. */
  readonly present: PlanResponse | null
  readonly onReload: () => void
}

/** Says that what is edited is not what is there any more. */
export function MeanwhileAlert({ present, onReload }: MeanwhileAlertProps) {
  return (
    <Alert color="orange" role="status" title={present === null ? 'Deleted meanwhile' : 'Changed meanwhile'}>
      <Stack gap="sm" align="flex-start">
        {present === null ? (
          <Text size="sm">Somebody deleted this plan while you edited it. Saving makes it anew.</Text>
        ) : (
          <>
            <Text size="sm">
              Somebody changed this plan, <Moment at={present.updatedAt} />. Saving replaces what they did.
            </Text>
            <Button size="xs" variant="default" onClick={onReload}>
              Begin with what it is now
            </Button>
          </>
        )}
      </Stack>
    </Alert>
  )
}
