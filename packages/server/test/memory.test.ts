import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import pg from 'pg'
import { expect, it } from 'vitest'
import { startReplicas } from './support/replicas.ts'

const REFUSED = 20_000
const ROUND = 500
/** Well above what a garbage collector leaves by chance; one kept kilobyte per refused call would pass it. */
const MOST_GROWTH_BYTES = 16 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function usedHeap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it('keeps nothing of the calls that a full queue refuses', async () => {
  const replicas = await startReplicas('postgres', 1, {
    // Of these one user may have half.
    WRITE_QUEUE_LIMIT: '100',
    WRITE_DEADLINE_MS: '600000',
  })
  const server = replicas.at(0)
  const token = await server.signUp()
  const holder = new pg.Client({ connectionString: server.environment.DATABASE_URL })
  await holder.connect()
  await holder.query('begin')
  await holder.query('select from users for update')
  const waiting = Array.from({ length: 50 }, () => server.track(token, { usage: 1 }))
  while (server.services.ledger.waiting < 50) await new Promise(setImmediate)

  const refuse = async (calls: number) => {
    for (let sent = 0; sent < calls; sent += ROUND) {
      const answers = await Promise.all(
        Array.from({ length: ROUND }, () => server.track(token, { usage: 1, model: 'gpt-5-mini' })),
      )
      expect(answers.every((answer) => answer.json().code === 'overloaded')).toBe(true)
      // The test's own record of what was logged is no part of the server.
      server.logLines.length = 0
    }
  }
  await refuse(2 * ROUND)
  const before = usedHeap()
  await refuse(REFUSED)
  expect(usedHeap() - before).toBeLessThan(MOST_GROWTH_BYTES)

  await holder.query('commit')
  for (const answer of await Promise.all(waiting)) expect(answer.statusCode).toBe(200)
  await holder.end()
  await replicas.close()
})
