import { AppShell, Burger, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useSession } from '../session/session.tsx'
import { Account } from './account.tsx'
import { Brand } from './brand.tsx'
import { Navigation } from './navigation.tsx'

const WIDE = 'sm'

/** The frame around every page: places at the left, behind a button where the screen is narrow. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { appName } = useSession()
  const [opened, { toggle, close }] = useDisclosure(false)
  return (
    <AppShell
      header={{ height: { base: 56, [WIDE]: 0 } }}
      navbar={{ width: 232, breakpoint: WIDE, collapsed: { mobile: !opened } }}
      padding={{ base: 'md', [WIDE]: 'lg' }}
    >
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <AppShell.Header hiddenFrom={WIDE} px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Brand appName={appName} />
          <Burger
            opened={opened}
            onClick={toggle}
            size="sm"
            aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
            aria-expanded={opened}
          />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Places">
        <AppShell.Section visibleFrom={WIDE} px="xs" py="sm">
          <Brand appName={appName} />
        </AppShell.Section>
        <AppShell.Section grow>
          <Navigation onVisit={close} />
        </AppShell.Section>
        <AppShell.Section>
          <Account />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        {children}
      </AppShell.Main>
    </AppShell>
  )
}
