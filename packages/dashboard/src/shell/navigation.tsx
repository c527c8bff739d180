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
import style from './shell.module.css'

interface Place {
  readonly path: string
  readonly label: string
  readonly icon: TablerIcon
}

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
      <Link
        key={to}
        href={to}
        className={style.place}
        aria-current={active ? 'page' : undefined}
        onClick={onVisit}
      >
        <Icon size={18} aria-hidden="true" />
        {label}
      </Link>
    )
  })
}
