import { Alert } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { sentenceOf } from '../common/error-view.tsx'
import { Moment } from '../common/moment.tsx'

interface FreshnessProps {
  readonly query: UseQueryResult<unknown, Error>
}

/** How old the numbers are; and since when, where the server does not answer any more. */
export function Freshness({ query }: FreshnessProps) {
  const { data, dataUpdatedAt, failureReason, fetchStatus, isPlaceholderData } = query
  if (data === undefined || isPlaceholderData) return 'Loading…'
  const away = failureReason !== null || fetchStatus === 'paused'
  return (
    <>
      {!away && <Age since={dataUpdatedAt} />}
      {/* There from the beginning: what appears together with its words is not read out. */}
      <div role="status">
        {away && (
          <Alert
            color="orange"
            variant="light"
            mt="xs"
            py="xs"
            icon={<IconPlugConnectedX size={18} aria-hidden="true" />}
          >
            {failureReason === null ? 'This device is offline.' : sentenceOf(failureReason)} These are the
            numbers of <Moment at={new Date(dataUpdatedAt).toISOString()} show="time" />; the page keeps
            asking.
          </Alert>
        )}
      </div>
    </>
  )
}

/** By the second, and the only part of the page that is drawn so often. @param since milliseconds since 1970 */
function Age({ since }: { readonly since: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.max(0, Math.round((now - since) / 1_000))
  return (
    <span className="number">
      Updated {seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`} ago
    </span>
  )
}
