import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbedded } from '../../src/database/embedded.ts'
import { migrate } from '../../src/database/migrate.ts'

/** Makes a migrated, empty data folder of the embedded engine: copies of it open at once, a new one takes seconds. */
export async function createEmbeddedTemplate(directory: string): Promise<void> {
  const database = await openEmbedded(directory)
  await migrate(database.kysely)
  await database.close()
  // Each copy's buffers are filled when it opens: the small databases of tests open in half the time with a few of them.
  await appendFile(join(directory, 'postgresql.conf'), "shared_buffers = '16MB'\n")
}
