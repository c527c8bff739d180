import { Center, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconMoodEmpty, type TablerIcon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

export interface EmptyViewProps {
  readonly title: string
  /** What it means, or what to do next. */
  readonly children?: ReactNode
  readonly icon?: TablerIcon
}

/** What stands where there is nothing yet, or nothing that fits. */
export function EmptyView({ title, children, icon: Icon = IconMoodEmpty }: EmptyViewProps) {
  return (
    <Center py="xl" px="md">
      <Stack gap="xs" align="center" maw="28rem">
        <ThemeIcon variant="light" color="gray" size="xl" radius="xl" aria-hidden="true">
          <Icon size={22} />
        </ThemeIcon>
        <Text fw={600}>{title}</Text>
        {children !== undefined && (
          <Text component="div" size="sm" c="dimmed" ta="center">
            {children}
          </Text>
        )}
      </Stack>
    </Center>
  )
}
