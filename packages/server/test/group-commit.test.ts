import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BatchCommitter,
  DEFERRED,
  GroupCommit,
  type GroupCommitOptions,
} from '../src/ledger/group-commit.ts'

interface Call {
  readonly user: string
  readonly number: number
}

/** A batch that waits for the test to say what becomes of it. */
interface OpenBatch {
  readonly calls: readonly Call[]
  succeed(): void
  fail(error: unknown): void
}

class Verdict extends Error {
  readonly verdict: 'retry' | 'unknown' | 'rejected'

  constructor(verdict: Verdict['verdict']) {
    super(verdict)
    this.verdict = verdict
  }
}

const outcomeOf = ({ user, number }: Call) => `${user}${number}`
const classify = (error: unknown) => (error instanceof Verdict ? error.verdict : 'rejected')

function createGroupCommit(
  commit: BatchCommitter<Call, string>['commit'],
  options: Partial<GroupCommitOptions<Call>> = {},
): GroupCommit<Call, string> {
  return new GroupCommit<Call, string>(
    { commit, classify },
    {
      maxBatch: 500,
      queueLimit: 1000,
      queueLimitPerKey: 1000,
      deadlineMs: 60_000,
      keyOf: ({ user }) => user,
      ...options,
    },
  )
}

/** A committer whose batches the test ends by hand, each as soon as it comes. */
function createHeldCommitter() {
  const waiting: ((batch: OpenBatch) => void)[] = []
  const open: OpenBatch[] = []
  const commit = (calls: readonly Call[]) =>
    new Promise<string[]>((resolve, reject) => {
      const batch = { calls, succeed: () => resolve(calls.map(outcomeOf)), fail: reject }
      const taker = waiting.shift()
      if (taker) taker(batch)
      else open.push(batch)
    })
  const next = (): Promise<OpenBatch> => {
    const batch = open.shift()
    return batch ? Promise.resolve(batch) : new Promise((resolve) => waiting.push(resolve))
  }
  return { commit, next }
}

const numbersOf = ({ calls }: OpenBatch) => calls.map(({ number }) => number)
const call = (number: number, user = 'ann'): Call => ({ user, number })

describe('group commit', () => {
  it('gives each call its own outcome', async () => {
    const groupCommit = createGroupCommit(async (calls) => calls.map(outcomeOf))
    const calls = ['ann', 'bob', 'eve'].flatMap((user) => [1, 2, 3].map((number) => call(number, user)))
    const outcomes = await Promise.all(calls.map((one) => groupCommit.submit(one)))
    expect(outcomes).toEqual(calls.map(outcomeOf))
    expect(groupCommit.waiting).toBe(0)
  })

  it('sends calls that arrive during a commit together in the next', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit)
    const first = groupCommit.submit(call(1))
    const batch = await next()
    const later = [2, 3, 4].map((number) => groupCommit.submit(call(number)))
    expect(numbersOf(batch)).toEqual([1])
    batch.succeed()
    await first
    const following = await next()
    expect(numbersOf(following)).toEqual([2, 3, 4])
    following.succeed()
    expect(await Promise.all(later)).toEqual(['ann2', 'ann3', 'ann4'])
  })

  it('never sends more than the largest batch', async () => {
    const sizes: number[] = []
    const groupCommit = createGroupCommit(
      async (calls) => {
        sizes.push(calls.length)
        return calls.map(outcomeOf)
      },
      { maxBatch: 7 },
    )
    await Promise.all(Array.from({ length: 50 }, (_, number) => groupCommit.submit(call(number))))
    expect(Math.max(...sizes)).toBe(7)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(50)
  })

  it('commits the calls of a key in the order they arrived, whatever fails in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ user: fc.constantFrom('ann', 'bob', 'eve'), poison: fc.boolean() }), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.array(fc.constantFrom('commit', 'retry'), { maxLength: 20 }),
        fc.integer({ min: 1, max: 20 }),
        async (submissions, fates, maxBatch) => {
          const committed: Call[] = []
          const poisoned = new Set<Call>()
          const remaining = [...fates]
          const groupCommit = createGroupCommit(
            async (calls) => {
              if (remaining.shift() === 'retry') throw new Verdict('retry')
              if (calls.some((one) => poisoned.has(one))) throw new Verdict('rejected')
              committed.push(...calls)
              return calls.map(outcomeOf)
            },
            { maxBatch },
          )
          const calls = submissions.map(({ user }, number) => call(number, user))
          for (const one of calls) if (submissions[one.number]?.poison) poisoned.add(one)
          const settled = await Promise.allSettled(calls.map((one) => groupCommit.submit(one)))

          // Every healthy call once, every poisonous one alone refused, each user's in order.
          for (const user of ['ann', 'bob', 'eve']) {
            const ofUser = (one: Call) => one.user === user
            expect(committed.filter(ofUser)).toEqual(calls.filter((one) => ofUser(one) && !poisoned.has(one)))
          }
          expect(settled.map(({ status }) => status === 'rejected')).toEqual(
            calls.map((one) => poisoned.has(one)),
          )
          expect(groupCommit.waiting).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('does not let calls that have to wait for somebody hold up the others', async () => {
    let busy = true
    const groupCommit = createGroupCommit(
      async (calls) => calls.map((one) => (busy && one.user === 'ann' ? DEFERRED : outcomeOf(one))),
      { maxBatch: 4 },
    )
    const held = [1, 2, 3, 4, 5].map((number) => groupCommit.submit(call(number, 'ann')))
    for (let number = 1; number <= 20; number++) {
      expect(await groupCommit.submit(call(number, 'bob'))).toBe(`bob${number}`)
    }
    expect(groupCommit.waiting).toBe(5)
    busy = false
    expect(await Promise.all(held)).toEqual(['ann1', 'ann2', 'ann3', 'ann4', 'ann5'])
  })

  it('keeps the order of calls that had to wait, however many they are', async () => {
    let busy = true
    const committed: number[] = []
    const groupCommit = createGroupCommit(
      async (calls) =>
        calls.map((one) => {
          if (busy && one.user === 'ann') return DEFERRED
          if (one.user === 'ann') committed.push(one.number)
          return outcomeOf(one)
        }),
      { maxBatch: 4 },
    )
    const held = Array.from({ length: 30 }, (_, number) => groupCommit.submit(call(number, 'ann')))
    for (let number = 0; number < 10; number++) await groupCommit.submit(call(number, 'bob'))
    busy = false
    await Promise.all(held)
    expect(committed).toEqual(Array.from({ length: 30 }, (_, number) => number))
  })

  it('refuses whoever has a full share of the queue, and nobody else', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit, { queueLimitPerKey: 3 })
    const held = [1, 2, 3].map((number) => groupCommit.submit(call(number, 'ann')))
    await expect(groupCommit.submit(call(4, 'ann'))).rejects.toMatchObject({ code: 'overloaded' })
    const other = groupCommit.submit(call(1, 'bob'))
    ;(await next()).succeed()
    expect(await Promise.all([...held, other])).toHaveLength(4)
    const again = groupCommit.submit(call(5, 'ann'))
    ;(await next()).succeed()
    expect(await again).toBe('ann5')
  })

  it('sends a batch again that the database did not write', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit)
    const outcome = groupCommit.submit(call(1))
    for (let attempt = 0; attempt < 3; attempt++) (await next()).fail(new Verdict('retry'))
    ;(await next()).succeed()
    expect(await outcome).toBe('ann1')
  })

  it('answers database_unavailable and never sends again what may have been written', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit)
    const outcomes = [1, 2].map((number) => groupCommit.submit(call(number)))
    const later = next().then((batch) => {
      const third = groupCommit.submit(call(3))
      batch.fail(new Verdict('unknown'))
      return third
    })
    for (const outcome of outcomes) {
      await expect(outcome).rejects.toMatchObject({ code: 'database_unavailable', retryAfterSeconds: 1 })
    }
    const following = await next()
    expect(numbersOf(following)).toEqual([3])
    following.succeed()
    expect(await later).toBe('ann3')
  })

  it('gives the error itself to the one call that cannot be written', async () => {
    const poison = new Verdict('rejected')
    let commits = 0
    const groupCommit = createGroupCommit(async (calls) => {
      commits++
      if (calls.some(({ number }) => number === 137)) throw poison
      return calls.map(outcomeOf)
    })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 500 }, (_, number) => groupCommit.submit(call(number))),
    )
    const refused = outcomes.flatMap((outcome, number) => (outcome.status === 'rejected' ? [number] : []))
    expect(refused).toEqual([137])
    expect((outcomes[137] as PromiseRejectedResult).reason).toBe(poison)
    // Halving: about two commits per level of a tree nine levels high, not one per call.
    expect(commits).toBeLessThan(25)
  })

  it('refuses the call past the queue limit at once and takes calls again when one is answered', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit, { queueLimit: 3 })
    const accepted = [1, 2, 3].map((number) => groupCommit.submit(call(number)))
    await expect(groupCommit.submit(call(4))).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 1,
    })
    expect(groupCommit.waiting).toBe(3)
    ;(await next()).succeed()
    await Promise.all(accepted)
    const fifth = groupCommit.submit(call(5))
    ;(await next()).succeed()
    expect(await fifth).toBe('ann5')
  })

  it('refuses at the deadline what is at the database and what still waits; the latter is never written', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit, { deadlineMs: 50 })
    const sent = groupCommit.submit(call(1))
    const batch = await next()
    const queued = groupCommit.submit(call(2))
    for (const outcome of [sent, queued]) {
      await expect(outcome).rejects.toMatchObject({ code: 'database_unavailable', retryAfterSeconds: 1 })
    }
    expect(groupCommit.waiting).toBe(0)
    batch.succeed()
    const third = groupCommit.submit(call(3))
    const following = await next()
    expect(numbersOf(following)).toEqual([3])
    following.succeed()
    expect(await third).toBe('ann3')
  })

  it('leaves out of a retry, and of a halved batch, what was refused meanwhile', async () => {
    for (const verdict of ['retry', 'rejected'] as const) {
      const { commit, next } = createHeldCommitter()
      const groupCommit = createGroupCommit(commit, { deadlineMs: 40 })
      const blocker = groupCommit.submit(call(0))
      const blocking = await next()
      const refused = [1, 2].map((number) => groupCommit.submit(call(number)))
      blocking.succeed()
      await blocker
      const batch = await next()
      for (const outcome of refused)
        await expect(outcome).rejects.toMatchObject({ code: 'database_unavailable' })
      const fresh = groupCommit.submit(call(3))
      batch.fail(new Verdict(verdict))
      const following = await next()
      expect(numbersOf(following)).toEqual([3])
      following.succeed()
      await fresh
    }
  })

  it('drains: resolves when the last call is answered, at once when none waits', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit, { maxBatch: 1 })
    await groupCommit.drain()
    const events: string[] = []
    const outcomes = [1, 2].map((number) =>
      groupCommit.submit(call(number)).then(() => events.push('answered')),
    )
    const drained = groupCommit.drain().then(() => events.push('drained'))
    ;(await next()).succeed()
    ;(await next()).fail(new Verdict('unknown'))
    await Promise.allSettled([...outcomes, drained])
    expect(events).toEqual(['answered', 'drained'])
  })

  it('counts a call once when whoever watches fails', async () => {
    const fail = () => {
      throw new Error('a metric broke')
    }
    const written: Call[] = []
    const fates = [new Verdict('retry')]
    const groupCommit = createGroupCommit(
      async (calls) => {
        const fate = fates.shift()
        if (fate) throw fate
        if (calls.some(({ number }) => number === 2)) throw new Verdict('rejected')
        written.push(...calls)
        return calls.map(outcomeOf)
      },
      { observer: { committed: fail, retried: fail, uncertain: fail, rejected: fail } },
    )
    const outcomes = await Promise.allSettled([1, 2, 3].map((number) => groupCommit.submit(call(number))))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(written.map(({ number }) => number)).toEqual([1, 3])
  })

  it('keeps no process alive with its timers', async () => {
    const { commit, next } = createHeldCommitter()
    const groupCommit = createGroupCommit(commit)
    const timersBefore = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const outcome = groupCommit.submit(call(1))
    const batch = await next()
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(timersBefore)
    batch.succeed()
    await outcome
  })
})
