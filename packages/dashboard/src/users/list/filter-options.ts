export interface FilterOption {
  readonly value: string
  readonly label: string
}

/** Options with the chosen one among them: a link may name one that is not offered. */
export function withChosen(
  values: readonly string[],
  chosen: string | undefined,
  name: (value: string) => string = (value) => value,
): FilterOption[] {
  const all = chosen === undefined || values.includes(chosen) ? values : [...values, chosen]
  return all.map((value) => ({ value, label: name(value) }))
}
