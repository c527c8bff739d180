import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** A hot statement: written in SQL, prepared under its name on engines that prepare. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export type Engine = 'embedded' | 'postgres'

/** The one database behind everything, in process or over the network. */
export interface Database {
  readonly engine: Engine
  /** For every statement that is not hot. */
  readonly kysely: Kysely<Tables>
  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>
  /**
   * Runs `work` in a READ COMMITTED transaction, ended by its `commitWith` or, where it returned without, by a
   * rollback. While it runs nothing in it may use the database around it: the embedded engine has one connection, and
   * would wait for itself.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface Transaction {
  query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]>
  /**
   * The last write and the commit, in one round trip; resolves once both are durable.
   * @throws CommitUnknownError when the connection broke in between: the write may or may not have happened
   */
  commitWith(statement: Statement, values: readonly unknown[]): Promise<void>
}
