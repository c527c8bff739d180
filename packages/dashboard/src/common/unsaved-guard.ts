import { useCallback, useEffect, useRef, useState } from 'react'
import { interceptGoingBack } from './going-back.ts'

export interface UnsavedGuard {
  /** Whether somebody wants to leave and has to say what shall become of the changes. */
  readonly asking: boolean
  /** Does `go` at once where nothing would be lost, else after it was asked. */
  attempt(go: () => void): void
  stay(): void
  leave(): void
}

/**
 * Keeps what was typed and not saved: asks before a link, the back button or a closed tab takes it away.
 * Show a dialog while it is `asking` (`UnsavedDialog`). The browser itself asks when the tab is closed.
 */
export function useUnsavedGuard(unsaved: boolean): UnsavedGuard {
  const leaving = useRef(false)
  const [pending, setPending] = useState<{ readonly go: () => void } | null>(null)

  useEffect(() => {
    if (!unsaved) return
    leaving.current = false
    const address = window.location.href
    const stop = new AbortController()
    const { signal } = stop

    window.addEventListener(
      'beforeunload',
      (event) => {
        if (!leaving.current) event.preventDefault()
      },
      { signal },
    )

    document.addEventListener(
      'click',
      (event) => {
        const link = leaving.current ? null : linkAway(event)
        if (link === null) return
        event.preventDefault()
        event.stopPropagation()
        setPending({ go: () => link.click() })
      },
      { capture: true, signal },
    )

    // The browser has gone already and cannot be stopped: the address is put back before anybody reads it.
    const stopIntercepting = interceptGoingBack(() => {
      if (leaving.current) return false
      window.history.pushState(null, '', address)
      setPending({ go: () => window.history.back() })
      return true
    })
    return () => {
      stop.abort()
      stopIntercepting()
    }
  }, [unsaved])

  return {
    asking: pending !== null,
    attempt: useCallback(
      (go) => {
        if (!unsaved) return go()
        // Not within this event: the Escape that was meant for the form would close the question at once.
        setTimeout(() => setPending({ go }))
      },
      [unsaved],
    ),
    stay: () => setPending(null),
    leave: () => {
      leaving.current = true
      setPending(null)
      pending?.go()
    },
  }
}

/** The link that a plain click follows away from this address; null for any other click. */
function linkAway(event: MouseEvent): HTMLAnchorElement | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null
  if (link === null || (link.target !== '' && link.target !== '_self') || link.hasAttribute('download'))
    return null
  const { pathname, search } = window.location
  const staysHere =
    link.origin === window.location.origin && link.pathname + link.search === pathname + search
  return staysHere ? null : link
}
