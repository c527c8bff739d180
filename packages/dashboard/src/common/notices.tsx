import '@mantine/notifications/styles.css'
import { Notifications } from '@mantine/notifications'

/** Where notices appear. Loaded with the first of them: most visits show none. */
export default function Notices() {
  return <Notifications position="bottom-right" />
}
