import { InvalidArgumentError } from 'commander'

/** A whole number, 0 or more. */
export function parseCount(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 9007199254740991.')
  }
  return Number(text)
}

/** A whole number that may be negative. */
export function parseSignedCount(text: string): number {
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('It must be a whole number such as -2 or 5.')
  }
  return Number(text)
}

/** What an option holds for a threshold; Commander would take a null for no value at all. */
export type ThresholdOption = number | 'default'

/** A limit on prompts; `default` for the server's default, `none` for no limit. */
export function parseThreshold(text: string): ThresholdOption {
  if (text === 'default') return text
  return text === 'none' ? Number.MAX_SAFE_INTEGER : parseCount(text)
}

/** As the server wants it. */
export function thresholdOf(option: ThresholdOption): number | null {
  return option === 'default' ? null : option
}
