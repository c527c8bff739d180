/** Whether this process still wants work. Readiness goes first when it stops. */
export interface Lifecycle {
  readonly draining: boolean
  startDraining(): void
}

export function createLifecycle(): Lifecycle {
  let draining = false
  return {
    get draining() {
      return draining
    },
    startDraining() {
      draining = true
    },
  }
}
