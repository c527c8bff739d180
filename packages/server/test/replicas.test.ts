import { randomInt } from 'node:crypto'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { findContradictions, readEvents } from './support/ledger-audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

let replicas: Replicas | undefined
afterEach(async () => {
  await replicas?.close()
  replicas = undefined
})

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const ascending = (one: number, other: number) => one - other

describeOnBothEngines('one hot user', (engine) => {
  it('sees in each of many concurrent answers, on every replica, the counts of that very call', async () => {
    replicas = await startReplicas(engine, 2)
    const { at, apps } = replicas
    const token = await at(0).signUp()
    const answers = await Promise.all(
      oneTo(1500).map((number) => at(number).track(token, { usage: 1, tokenCount: 3 })),
    )
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    const counts = answers.map((answer) => answer.json())
    expect(counts.map(({ currentPromptCount }) => currentPromptCount).sort(ascending)).toEqual(oneTo(1500))
    for (const { currentPromptCount, currentTokenCount } of counts)
      expect(currentTokenCount).toBe(3 * currentPromptCount)
    expect(apps).toHaveLength(engine === 'embedded' ? 1 : 2)
    expect(await findContradictions(at(0).database)).toEqual([])
  })

  it('counts a key once that comes to every replica at the same time', async () => {
    replicas = await startReplicas(engine, 3)
    const { at } = replicas
    const token = await at(0).signUp()
    for (let round = 0; round < 20; round++) {
      const headers = { 'idempotency-key': `round-${round}` }
      const answers = await Promise.all(
        oneTo(9).map((number) => at(number).track(token, { usage: 1 }, headers)),
      )
      for (const answer of answers) expect(answer.json().currentPromptCount).toBe(round + 1)
      const replays = answers.filter((answer) => answer.headers['idempotent-replayed'] === 'true')
      expect(replays).toHaveLength(8)
    }
    expect(await readEvents(at(0).database)).toHaveLength(20)
  })
})

describe('several replicas that write the same users in any order', () => {
  const USERS = 30
  const ROUNDS = 40

  it('never deadlock, and lose nothing', async () => {
    replicas = await startReplicas('postgres', 3)
    const { apps, at } = replicas
    const tokens = await Promise.all(oneTo(USERS).map(() => at(0).signUp()))
    let sent = 0
    await Promise.all(
      apps.flatMap((app) =>
        oneTo(2).map(async () => {
          for (let round = 0; round < ROUNDS; round++) {
            const answers = await Promise.all(
              oneTo(40).map(() => {
                sent++
                const body = { usage: 1, model: `model-${randomInt(3)}` }
                return app.track(tokens[randomInt(USERS)] as string, body)
              }),
            )
            for (const { statusCode } of answers) expect(statusCode).toBe(200)
          }
        }),
      ),
    )
    expect(await findContradictions(at(0).database)).toEqual([])
    expect(await readEvents(at(0).database)).toHaveLength(sent)
    for (const { logLines } of apps)
      expect(logLines.filter((line) => line.includes('tried again'))).toEqual([])
    // A deadlock would be tried again unseen by callers; the database has counted none.
    expect(await readDeadlocks(at(0).environment.DATABASE_URL as string)).toBe(0)
  })
})

async function readDeadlocks(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  )
  await client.end()
  return rows[0].deadlocks
}
