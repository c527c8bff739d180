import { type ReactNode, Suspense, useEffect, useRef, useState } from 'react'

export interface WhenNearProps {
  /** About as high as what comes. */
  readonly placeholder: ReactNode
  /** Whether it is needed wherever the page is scrolled to. */
  readonly now?: boolean
  /** Asked for once it is about to be seen; a `lazy()` part is loaded then. */
  readonly children: ReactNode
}

/** How much of the window it has to reach into: a sliver at its lower edge is not looked at yet. */
const MARGIN = '0px 0px -15% 0px'

/**
 * Keeps what nobody looks at yet from loading. Without a way to tell what is seen it is shown at once; the keyboard
 * reaches it as scrolling does.
 */
export function WhenNear({ placeholder, now = false, children }: WhenNearProps) {
  const place = useRef<HTMLElement>(null)
  const [near, setNear] = useState(typeof IntersectionObserver === 'undefined')
  if (now && !near) setNear(true)
  useEffect(() => {
    if (near || place.current === null) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true)
      },
      { rootMargin: MARGIN },
    )
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [near])
  if (!near) {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever tabs to the end of the page finds the rest of it
      <section ref={place} tabIndex={0} aria-label="More of this page" onFocus={() => setNear(true)}>
        {placeholder}
      </section>
    )
  }
  return <Suspense fallback={placeholder}>{children}</Suspense>
}
