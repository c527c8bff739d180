import { type ReactNode, Suspense, useEffect, useRef, useState } from 'react'

export interface WhenNearProps {
  /** About as high as what comes. */
  readonly placeholder: ReactNode
  /** Whether it is needed wherever the page is scrolled to. */
  readonly now?: boolean
  /** Asked for once it is about to be seen; a `lazy()` part is loaded then. */
  readonly children: ReactNode
}

/** Keeps what nobody looks at yet from loading. Without a way to tell what is seen it is shown at once. */
export function WhenNear({ placeholder, now = false, children }: WhenNearProps) {
  const place = useRef<HTMLDivElement>(null)
  const [near, setNear] = useState(typeof IntersectionObserver === 'undefined')
  if (now && !near) setNear(true)
  useEffect(() => {
    if (near || place.current === null) return
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true)
    })
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [near])
  if (!near) return <div ref={place}>{placeholder}</div>
  return <Suspense fallback={placeholder}>{children}</Suspense>
}
