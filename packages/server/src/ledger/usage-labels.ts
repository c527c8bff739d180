/** Distinct models, and distinct sources, kept apart per user and day; the rest is counted as `other`. */
export const MAX_LABELS_PER_DAY = 100

/** Distinct pairs of model and source kept per user and day: bounds the rows that a history has to read. */
export const MAX_PAIRS_PER_DAY = 1000

export const OTHER = 'other'

/** What a rollup is kept by, beside user and time. An empty string stands where the event named none. */
export interface UsageLabels {
  readonly model: string
  readonly source: string
}

/**
 * The labels an event is rolled up under, so that whoever invents a new model name per event cannot make history slow.
 * @param known the pairs this user's day has already
 */
export function foldLabels(labels: UsageLabels, known: readonly UsageLabels[]): UsageLabels {
  if (known.some(({ model, source }) => model === labels.model && source === labels.source)) return labels
  const folded = {
    model: foldLabel(labels.model, new Set(known.map(({ model }) => model))),
    source: foldLabel(labels.source, new Set(known.map(({ source }) => source))),
  }
  return known.length < MAX_PAIRS_PER_DAY ? folded : { model: OTHER, source: OTHER }
}

function foldLabel(label: string, known: ReadonlySet<string>): string {
  if (label === '' || known.has(label)) return label
  const distinct = [...known].filter((name) => name !== '' && name !== OTHER).length
  return distinct < MAX_LABELS_PER_DAY ? label : OTHER
}
