/** A server to be measured. */
export interface Target {
  /** `a`, `b`, `c` or `d`: how the command line and the results call it. */
  readonly name: string
  readonly title: string
  start(): Promise<RunningTarget>
}

export interface RunningTarget {
  readonly url: string
  readonly pid: number
  readonly tokens: {
    /** One token each of 1,000 users. */
    readonly thousand: readonly string[]
    /** The token of one more user. */
    readonly hot: readonly string[]
  }
  /**
   * What the database holds, summed over all users, read from the tables and not through the server. Only for targets that
   * keep what they are told.
   */
  readCounts?(): Promise<Counts>
  /** Throws when what the database keeps beside the counts does not add up to them. Asked once, at the end. */
  verifyLedger?(): Promise<void>
  stop(): Promise<void>
}

export interface Counts {
  readonly prompts: number
  readonly tokens: number
}

export const userCount = 1000

/** The addresses of the 1,000 users, and last the hot one's. */
export const emails: readonly string[] = [
  ...Array.from({ length: userCount }, (_, index) => `user-${index + 1}@example.com`),
  'hot@example.com',
]

/** Sorts the tokens of `emails`, in their order, into the two groups. */
export function groupTokens(tokens: readonly string[]): RunningTarget['tokens'] {
  return { thousand: tokens.slice(0, userCount), hot: tokens.slice(userCount) }
}
