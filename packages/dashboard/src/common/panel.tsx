import { Group, Paper, Title } from '@mantine/core'
import { type ReactNode, useId } from 'react'

export interface PanelProps {
  readonly title: string
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A part of a page in a frame of its own. */
export function Panel({ title, actions, children }: PanelProps) {
  const titleId = useId()
  return (
    <Paper component="section" withBorder radius="md" p="md" aria-labelledby={titleId}>
      <Group justify="space-between" mb="sm" gap="sm">
        <Title order={2} size="h5" id={titleId}>
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Paper>
  )
}
