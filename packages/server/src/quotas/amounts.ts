import type { Meter } from '@promptmeter/contract'
import {
  ALL_WINDOWS,
  holdsWindow,
  RESETTING_WINDOWS,
  type ResettingWindow,
  type WindowMask,
} from './window.ts'

/** How much of each meter; `cost` in micro-dollars. */
export type Amounts = Readonly<Record<Meter, number>>

export const NOTHING: Amounts = { prompts: 0, tokens: 0, cost: 0 }

export function sumOf(one: Amounts, other: Amounts): Amounts {
  return {
    prompts: one.prompts + other.prompts,
    tokens: one.tokens + other.tokens,
    cost: one.cost + other.cost,
  }
}

export function differenceOf(one: Amounts, other: Amounts): Amounts {
  return {
    prompts: one.prompts - other.prompts,
    tokens: one.tokens - other.tokens,
    cost: one.cost - other.cost,
  }
}

/** What a user used in each present window. A correction may bring one below zero. */
export type WindowCounts = Readonly<Record<ResettingWindow, Amounts>>

export const NO_WINDOW_COUNTS: WindowCounts = {
  hour: NOTHING,
  day: NOTHING,
  week: NOTHING,
  month: NOTHING,
}

/** The counts once the windows of `begun` have begun anew. */
export function withBegun(counts: WindowCounts, begun: WindowMask): WindowCounts {
  return begun === 0
    ? counts
    : mapWindows((window) => (holdsWindow(begun, window) ? NOTHING : counts[window]))
}

/** The counts once `added` was used in the windows of `into`. */
export function withUsed(counts: WindowCounts, added: Amounts, into: WindowMask = ALL_WINDOWS): WindowCounts {
  return mapWindows((window) => (holdsWindow(into, window) ? sumOf(counts[window], added) : counts[window]))
}

function mapWindows(countsOf: (window: ResettingWindow) => Amounts): WindowCounts {
  return Object.fromEntries(RESETTING_WINDOWS.map((window) => [window, countsOf(window)])) as WindowCounts
}
