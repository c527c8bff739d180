import { ApiKeys } from './api-keys.tsx'
import { Connect } from './connect.tsx'
import { MySessions } from './my-sessions.tsx'
import { YourData } from './your-data.tsx'

/** What is below the first view of My usage: connecting, keys, sessions, leaving. */
export default function Account() {
  return (
    <>
      <Connect />
      <ApiKeys />
      <MySessions />
      <YourData />
    </>
  )
}
