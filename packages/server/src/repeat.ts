/**
 * Does `work` again and again, `everyMs` apart on average: spread out, or all replicas would do it at the same moment.
 * @param work may not throw
 * @returns stops it
 */
export function repeat(everyMs: number, work: () => Promise<void>): () => void {
  let stopped = false
  let timer: NodeJS.Timeout
  const next = () => {
    if (!stopped) timer = setTimeout(() => void work().then(next), everyMs * (0.5 + Math.random())).unref()
  }
  next()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
