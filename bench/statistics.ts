/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('There is no median of nothing.')
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted.length >> 1
  const high = sorted[upper] as number
  return sorted.length % 2 === 1 ? high : (high + (sorted[upper - 1] as number)) / 2
}
