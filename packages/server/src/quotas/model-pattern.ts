/** True when a model fits a pattern, in which `*` stands for any text, also for none. Case counts. */
export function matchesModel(pattern: string, model: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === model
  const last = rest.pop() as string
  if (!model.startsWith(first)) return false
  // Each part at the first place it fits: where the rest can fit at all, it fits behind that.
  let end = first.length
  for (const part of rest) {
    const found = model.indexOf(part, end)
    if (found === -1) return false
    end = found + part.length
  }
  return model.length >= end + last.length && model.endsWith(last)
}

export function allowsModel(patterns: readonly string[] | null, model: string): boolean {
  return patterns === null || patterns.some((pattern) => matchesModel(pattern, model))
}

/** How much of a pattern is said: the one that says more wins, and one without `*` over all. */
export function precisionOf(pattern: string): number {
  return pattern.includes('*') ? pattern.replaceAll('*', '').length : Number.POSITIVE_INFINITY
}
