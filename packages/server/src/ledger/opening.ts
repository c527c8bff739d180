/** A user who moves here with what an older backend had counted. */
export interface Opening {
  readonly id: string
  readonly email: string
  readonly threshold: number | null
  readonly prompts: number
  readonly tokens: number
  /** Null for now. */
  readonly createdAt: Date | null
}
