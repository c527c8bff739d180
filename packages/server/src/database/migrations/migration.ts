export interface Migration {
  readonly name: string
  /** Statements separated by semicolons, run in one transaction with every other pending migration. */
  readonly sql: string
}
