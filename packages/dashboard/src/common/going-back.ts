/** Whether the view stays although the browser went back or forward. */
type Interceptor = () => boolean

let interceptor: Interceptor | null = null

// The listeners of a window are called in the order of their coming, captured or not: this one has to be there before
// the router's, which is why `main.tsx` loads it.
window.addEventListener('popstate', (event) => {
  if (interceptor?.() === true) event.stopImmediatePropagation()
})

/**
 * Asks `ask` before anybody else learns that the browser went back. The one asked last is asked alone.
 * @returns how to stop it
 */
export function interceptGoingBack(ask: Interceptor): () => void {
  interceptor = ask
  return () => {
    if (interceptor === ask) interceptor = null
  }
}
