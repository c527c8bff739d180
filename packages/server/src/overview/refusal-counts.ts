const HOUR_MS = 60 * 60 * 1000

export interface RefusalTotal {
  /** Of ours, or of OAuth where its token endpoint refused. */
  readonly code: string
  readonly count: number
}

/** Refusals of one code in one hour, which begins at `hour`. */
export interface CountedRefusals extends RefusalTotal {
  readonly hour: Date
}

export type RefusalCounts = ReturnType<typeof createRefusalCounts>

/**
 * Counts in memory, one number per code and hour, however many are refused.
 * @param now milliseconds since 1970
 */
export function createRefusalCounts(now: () => number = Date.now) {
  let codesByHour = new Map<number, Map<string, number>>()

  const add = (hour: number, code: string, added: number): void => {
    let codes = codesByHour.get(hour)
    if (codes === undefined) {
      codes = new Map()
      codesByHour.set(hour, codes)
    }
    codes.set(code, (codes.get(code) ?? 0) + added)
  }

  return {
    count: (code: string): void => add(Math.floor(now() / HOUR_MS), code, 1),

    /** What was counted since the last call, and counts from nothing again. */
    take(): CountedRefusals[] {
      const taken = [...codesByHour].flatMap(([hour, codes]) =>
        [...codes].map(([code, count]) => ({ hour: new Date(hour * HOUR_MS), code, count })),
      )
      codesByHour = new Map()
      return taken
    },

    putBack(taken: readonly CountedRefusals[]): void {
      for (const { hour, code, count } of taken) add(hour.getTime() / HOUR_MS, code, count)
    },
  }
}
