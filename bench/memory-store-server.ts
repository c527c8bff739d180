/**
 * (c): Promptmeter with its own routes, authentication and queue, over a ledger store that answers from memory. What it is
 * faster by is what the database costs. Settings as of `promptmeter serve`; the database is used to sign users up.
 */
import { buildApp } from '../packages/server/src/app.ts'
import { loadConfig } from '../packages/server/src/config/env.ts'
import { loadSecrets } from '../packages/server/src/config/secrets.ts'
import { openDatabase } from '../packages/server/src/database/open-database.ts'
import { createLifecycle } from '../packages/server/src/health/lifecycle.ts'
import type { LedgerCall, LedgerOutcome } from '../packages/server/src/ledger/ledger-call.ts'
import type { LedgerStore } from '../packages/server/src/ledger/ledger-store.ts'
import { createServices } from '../packages/server/src/services.ts'
import { createLogger } from '../packages/server/src/telemetry/logger.ts'

function createMemoryLedgerStore(): LedgerStore {
  const counts = new Map<string, { promptCount: number; tokenCount: number }>()
  const record = (call: LedgerCall): LedgerOutcome => {
    if (call.kind !== 'usage') throw new Error(`this store keeps no ${call.kind}`)
    const { userId, prompts, tokens } = call
    const { promptCount, tokenCount } = counts.get(userId) ?? { promptCount: 0, tokenCount: 0 }
    const after = { promptCount: promptCount + prompts, tokenCount: tokenCount + tokens }
    counts.set(userId, after)
    return { kind: 'recorded', ...after, threshold: 10, replayed: false }
  }
  return {
    commit: async (calls) => calls.map(record),
    findExpiredHolds: async () => [],
    classify: () => 'rejected',
  }
}

const config = loadConfig()
const logger = createLogger(config.logLevel, { pretty: false })
const { database } = await openDatabase(config, (error) => logger.warn({ err: error }))
const secrets = await loadSecrets(config)
const lifecycle = createLifecycle()
const services = createServices({
  config,
  secrets,
  database,
  logger,
  ledgerStore: createMemoryLedgerStore(),
})
const app = await buildApp({ config, secrets, database, services, lifecycle, logger })
await app.listen({ host: config.host, port: config.port })

process.once('SIGTERM', async () => {
  await app.close()
  await database.close()
})
