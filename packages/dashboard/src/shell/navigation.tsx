import { NavLink } from '@mantine/core'
import {
  IconChartBar,
  IconHistory,
  IconReceipt,
  IconTicket,
  IconUserCircle,
  IconUsers,
  type TablerIcon,
} from '@tabler/icons-react'
import { Link, useLocation } from 'wouter'
import { useSession } from '../session/session.tsx'

interface Place {
  readonly path: string
  readonly label: string
  readonly icon: TablerIcon
}

const ACTIVE = {
  background: 'color-mix(in srgb, var(--mantine-color-anchor) 13%, transparent)',
  color: 'var(--mantine-color-anchor)',
} as const

const ADMIN_PLACES: readonly Place[] = [
  { path: '/', label: 'Overview', icon: IconChartBar },
  { path: '/users', label: 'Users', icon: IconUsers },
  { path: '/plans', label: 'Plans', icon: IconTicket },
  { path: '/prices', label: 'Prices', icon: IconReceipt },
  { path: '/audit', label: 'Audit log', icon: IconHistory },
]
const MY_USAGE: Place = { path: '/usage', label: 'My usage', icon: IconUserCircle }

/** The places of whoever is signed in. @param onVisit a place was chosen */
export function Navigation({ onVisit }: { readonly onVisit: () => void }) {
  const { admin, user } = useSession()
  const [path] = useLocation()
  const places = [...(admin ? ADMIN_PLACES : []), ...(user === null ? [] : [MY_USAGE])]
  return places.map(({ path: to, label, icon: Icon }) => {
    const active = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`)
    return (
      <NavLink
        key={to}
        component={Link}
        href={to}
        label={label}
        leftSection={<Icon size={18} aria-hidden="true" />}
        active={active}
        fw={active ? 600 : 400}
        mb={2}
        style={{ borderRadius: 'var(--mantine-radius-md)', ...(active && ACTIVE) }}
        aria-current={active ? 'page' : undefined}
        onClick={onVisit}
      />
    )
  })
}
