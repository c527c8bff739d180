import type { Database } from '../database/database.ts'

export function createAttemptStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /** @param now milliseconds since 1970, by the clock that wrote them */
    async deleteExpired(now: number): Promise<void> {
      await kysely.deleteFrom('rate_limits').where('expire', '<', now).execute()
    },
  }
}
