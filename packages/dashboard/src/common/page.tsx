import { Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { useSession } from '../session/session.tsx'

export interface PageProps {
  readonly title: string
  /** A line below the title. */
  readonly about?: ReactNode
  /** What can be done here, at the right of the title. */
  readonly actions?: ReactNode
  /** For pages of many small parts: as wide as large screens are. */
  readonly wide?: boolean
  readonly children: ReactNode
}

/** A page with its title, in the tab of the browser too. */
export function Page({ title, about, actions, wide = false, children }: PageProps) {
  const { appName } = useSession()
  useEffect(() => {
    document.title = `${title} · ${appName}`
  }, [title, appName])
  return (
    <Stack gap="lg" maw={wide ? '112rem' : '88rem'} mx="auto">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Title order={1} size="h2" fz="clamp(1.3rem, 5.5vw, 1.625rem)">
            {title}
          </Title>
          {about !== undefined && (
            <Text component="div" c="dimmed" size="sm">
              {about}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}
