import type { Database } from '../database/database.ts'
import { FIRST_ACTIVE_NUMBER, SeedError, type SeedOptions, type SeedSummary } from './seed-options.ts'
import { inSeedTransaction } from './seed-store.ts'

/**
 * Fills a database with made-up users and a made-up year of their usage, all or nothing.
 * @throws SeedError when it is in use already, or the numbers do not go together; the reason of `signal`
 */
export async function seedDatabase(database: Database, options: SeedOptions): Promise<SeedSummary> {
  if (options.active > options.users - FIRST_ACTIVE_NUMBER + 1) {
    throw new SeedError(
      `Of ${options.users} users at most ${Math.max(0, options.users - FIRST_ACTIVE_NUMBER + 1)} can be active.`,
    )
  }
  return inSeedTransaction(database, async (seed) => {
    const { users, used } = await seed.readOccupancy()
    if (options.force) {
      // Other chances than the same command had before: they make ids, too.
      return seed.fill({ ...options, randomSeed: options.randomSeed + users * 7919 }, users)
    }
    if (used || users > 1) {
      throw new SeedError(
        'The database is in use: it has ' +
          (used ? 'usage' : `${users} users`) +
          ', and demo data cannot be told apart afterwards. Give it an empty one: with DATABASE_URL create a new ' +
          'database, embedded set DATA_DIR to a new folder. --force mixes the two all the same.',
      )
    }
    return seed.fill(options, 0)
  })
}
