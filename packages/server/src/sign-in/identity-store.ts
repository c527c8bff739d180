import type { Database } from '../database/database.ts'

/** An account at an outside provider, by its lasting id. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
}

export type IdentityStore = ReturnType<typeof createIdentityStore>

export function createIdentityStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    async findUserId({ issuer, subject }: Identity): Promise<string | null> {
      const row = await kysely
        .selectFrom('identities')
        .select('user_id')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst()
      return row?.user_id ?? null
    },

    /** Linking again is no error; whom it stands for stays as it was. */
    async insert({ issuer, subject }: Identity, userId: string): Promise<void> {
      await kysely
        .insertInto('identities')
        .values({ issuer, subject, user_id: userId })
        .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
        .execute()
    },
  }
}
