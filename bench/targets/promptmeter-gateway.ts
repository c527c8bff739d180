import type { BenchDatabase, Databases } from '../databases.ts'
import { usage } from '../upstream/chat-completion.ts'
import type { GatewayCounts, GatewayTarget, RunningGateway, Upstream } from './gateway-target.ts'
import { insertUsers, readCounts, signUp, startPromptmeter, verifyLedger } from './promptmeter.ts'
import { emails, userCount } from './target.ts'

/** Nobody gets there, yet every call is held against it. */
const threshold = 1_000_000_000

/** Promptmeter on PostgreSQL: sessions checked, limits held, each call durably metered. */
export function promptmeterGatewayTarget(databases: Databases): GatewayTarget {
  return {
    name: 'promptmeter',
    title: 'Promptmeter, limits and durable metering',
    start: (upstream) => start(databases, upstream),
  }
}

async function start(databases: Databases, upstream: Upstream): Promise<RunningGateway> {
  const database = await databases.create('gateway')
  const server = await startPromptmeter(database, {
    env: { UPSTREAM_URL: `${upstream.url}/v1`, API_KEY: upstream.key },
  })
  const addresses = emails.slice(0, userCount)
  await insertUsers(database, addresses)
  await database.query('UPDATE users SET threshold = $1', [threshold])
  return {
    ...server,
    tokens: await signUp(server.url, addresses),
    ledger: {
      readCounts: () => readGatewayCounts(database),
      countHolds: () => countHolds(database),
      verify: () => verifyLedger(database),
    },
  }
}

async function readGatewayCounts(database: BenchDatabase): Promise<GatewayCounts> {
  const [row] = await database.query<{ answers: string }>(
    `SELECT count(*) AS answers FROM usage_events
     WHERE kind = 'usage' AND NOT estimated AND hold_id IS NOT NULL
       AND (prompts, tokens, input_tokens, output_tokens) = (1, $1, $2, $3)`,
    [usage.total_tokens, usage.prompt_tokens, usage.completion_tokens],
  )
  return { ...(await readCounts(database)), answers: Number(row?.answers) }
}

/** A hold is a row until it is settled or released; one that had to expire is none that should have been there. */
async function countHolds(database: BenchDatabase): Promise<number> {
  const [row] = await database.query<{ holds: string }>('SELECT count(*) AS holds FROM holds')
  return Number(row?.holds)
}
