import { setTimeout as sleep, setImmediate as turnOfEventLoop } from 'node:timers/promises'
import { PromptmeterError } from '../promptmeter-error.ts'

/** Stands for the outcome of a call that the database could not look at just now; nothing of it was written. */
export const DEFERRED = Symbol('deferred')

/** How one batch reaches the database. */
export interface BatchCommitter<Call, Outcome> {
  /**
   * Commits the calls in one transaction. One outcome per call, in their order, durable when it resolves. A call that
   * would have to wait for others comes back as `DEFERRED`, so that it holds up none of its batch.
   */
  commit(calls: readonly Call[]): Promise<readonly (Outcome | typeof DEFERRED)[]>
  /**
   * What a failed commit means: `retry`, nothing was written and the same batch may pass later; `unknown`, nobody can
   * say whether it was written; `rejected`, something in the batch cannot be written.
   */
  classify(error: unknown): 'retry' | 'unknown' | 'rejected'
}

export interface GroupCommitOptions<Call> {
  /** Whose call it is. Calls of one key are committed in the order they arrived. */
  keyOf(call: Call): string
  /** True for calls that are taken however full the queue is: they end what was admitted before. */
  isUrgent?(call: Call): boolean
  /** Most calls in one batch. */
  readonly maxBatch: number
  /** Most calls that may wait; the next one is refused. */
  readonly queueLimit: number
  /** Most of them with the same key, so that nobody can fill the queue alone. */
  readonly queueLimitPerKey: number
  /** Longest a call waits, in milliseconds. */
  readonly deadlineMs: number
  readonly observer?: GroupCommitObserver
}

export interface GroupCommitObserver {
  committed(batchSize: number, seconds: number): void
  retried(error: unknown): void
  /** Nobody can say whether these calls were written; they are answered `database_unavailable`. */
  uncertain(error: unknown, calls: number): void
  rejected(error: unknown): void
}

interface Waiting<Call, Outcome> {
  readonly call: Call
  readonly key: string
  readonly deadlineAt: number
  resolve(outcome: Outcome): void
  reject(error: unknown): void
  settled: boolean
}

const FIRST_RETRY_DELAY_MS = 10
const MAX_RETRY_DELAY_MS = 500

/** How long calls wait that were all deferred, before they are tried again. */
const DEFERRED_DELAY_MS = 5

/**
 * Group commit: a call is answered only after it is durable, yet calls do not pay for a commit each. Those that arrive
 * while a commit is under way travel together in the next.
 */
export class GroupCommit<Call, Outcome> {
  readonly #committer: BatchCommitter<Call, Outcome>
  readonly #options: GroupCommitOptions<Call>
  readonly #idleWaiters: (() => void)[] = []
  /** In the order they arrived, those that were deferred among them. */
  #queue: Waiting<Call, Outcome>[] = []
  /** At the database just now. */
  #inFlight: Waiting<Call, Outcome>[] = []
  /** Came back from it undecided; they return to the head of the queue. */
  #deferred: Waiting<Call, Outcome>[] = []
  readonly #waitingByKey = new Map<string, number>()
  #running = false
  #deadlineTimer: NodeJS.Timeout | undefined
  #waiting = 0

  constructor(committer: BatchCommitter<Call, Outcome>, options: GroupCommitOptions<Call>) {
    this.#committer = committer
    this.#options = options
  }

  /** Calls not answered yet. */
  get waiting(): number {
    return this.#waiting
  }

  /**
   * Resolves with the call's own outcome once its batch is durable.
   * @throws PromptmeterError `overloaded` when the queue is full; `database_unavailable` when the deadline passed
   *   or the connection broke during the commit: then the call may have been counted, and an idempotency key tells
   */
  submit(call: Call): Promise<Outcome> {
    const { queueLimit, queueLimitPerKey, deadlineMs, keyOf, isUrgent } = this.#options
    const key = keyOf(call)
    const waitingOfKey = this.#waitingByKey.get(key) ?? 0
    const full = this.#waiting >= queueLimit || waitingOfKey >= queueLimitPerKey
    if (full && !isUrgent?.(call)) return Promise.reject(overloaded())
    return new Promise((resolve, reject) => {
      const deadlineAt = performance.now() + deadlineMs
      this.#queue.push({ call, key, deadlineAt, resolve, reject, settled: false })
      this.#waiting++
      this.#waitingByKey.set(key, waitingOfKey + 1)
      this.#watchDeadline()
      if (this.#running) return
      this.#running = true
      // Let every call that is being read in this turn of the event loop join the first batch.
      setImmediate(() => this.#run())
    })
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    if (this.#waiting === 0) return
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  async #run(): Promise<void> {
    let busyKeys: ReadonlySet<string> = new Set()
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch(busyKeys).filter(({ settled }) => !settled)
      this.#inFlight = batch
      await this.#commit(batch)
      const deferred = this.#deferred
      this.#deferred = []
      busyKeys = new Set(deferred.map(({ key }) => key))
      if (deferred.length > 0) this.#queue = [...deferred, ...this.#queue]
      if (deferred.length > 0 && deferred.length === batch.length) await sleep(DEFERRED_DELAY_MS)
      this.#inFlight = []
      // Those just answered often call again at once: a turn of the event loop lets them join the next batch.
      await turnOfEventLoop()
    }
    this.#running = false
  }

  /**
   * The next calls in the order they arrived. Those of busy keys fill at most half a batch, so that they do not crowd
   * out the others; a key that is cut off there has its later calls left in the queue too.
   */
  #takeBatch(busyKeys: ReadonlySet<string>): Waiting<Call, Outcome>[] {
    const { maxBatch } = this.#options
    if (busyKeys.size === 0) return this.#queue.splice(0, maxBatch)
    const batch: Waiting<Call, Outcome>[] = []
    const left: Waiting<Call, Outcome>[] = []
    let busyCalls = 0
    for (const waiting of this.#queue) {
      const busy = busyKeys.has(waiting.key)
      if (batch.length === maxBatch || (busy && busyCalls >= maxBatch / 2)) {
        left.push(waiting)
        continue
      }
      if (busy) busyCalls++
      batch.push(waiting)
    }
    this.#queue = left
    return batch
  }

  async #commit(batch: readonly Waiting<Call, Outcome>[]): Promise<void> {
    let retryDelayMs = FIRST_RETRY_DELAY_MS
    for (;;) {
      // Whoever was told that the deadline passed is not written behind their back.
      const open = batch.filter(({ settled }) => !settled)
      if (open.length === 0) return
      const startedAt = performance.now()
      let outcomes: readonly (Outcome | typeof DEFERRED)[]
      try {
        outcomes = await this.#committer.commit(open.map(({ call }) => call))
      } catch (error) {
        const verdict = this.#committer.classify(error)
        if (verdict === 'rejected') return this.#isolate(open, error)
        if (verdict === 'unknown') {
          this.#observe((observer) => observer.uncertain(error, open.length))
          for (const waiting of open) this.#reject(waiting, databaseUnavailable(error))
          return
        }
        this.#observe((observer) => observer.retried(error))
        await sleep(retryDelayMs)
        retryDelayMs = Math.min(2 * retryDelayMs, MAX_RETRY_DELAY_MS)
        continue
      }
      // Outside the `try`: these calls are durable, and nothing may have them written once more.
      for (const [index, waiting] of open.entries()) {
        const outcome = outcomes[index] as Outcome | typeof DEFERRED
        if (outcome === DEFERRED) this.#deferred.push(waiting)
        else this.#resolve(waiting, outcome)
      }
      this.#observe((observer) => observer.committed(open.length, (performance.now() - startedAt) / 1000))
      return
    }
  }

  /** Who only watches cannot fail a call. */
  #observe(tell: (observer: GroupCommitObserver) => void): void {
    try {
      if (this.#options.observer) tell(this.#options.observer)
    } catch {
      // A metric or a log line is lost, no usage.
    }
  }

  /** Halves a batch that cannot be written until the bad call stands alone; the others are committed in order. */
  async #isolate(batch: readonly Waiting<Call, Outcome>[], error: unknown): Promise<void> {
    const [only] = batch
    if (batch.length === 1 && only) {
      this.#observe((observer) => observer.rejected(error))
      this.#reject(only, error)
      return
    }
    const middle = Math.ceil(batch.length / 2)
    await this.#commit(batch.slice(0, middle))
    await this.#commit(batch.slice(middle))
  }

  #resolve(waiting: Waiting<Call, Outcome>, outcome: Outcome): void {
    if (this.#settle(waiting)) waiting.resolve(outcome)
  }

  #reject(waiting: Waiting<Call, Outcome>, error: unknown): void {
    if (this.#settle(waiting)) waiting.reject(error)
  }

  #settle(waiting: Waiting<Call, Outcome>): boolean {
    if (waiting.settled) return false
    waiting.settled = true
    this.#waiting--
    const waitingOfKey = (this.#waitingByKey.get(waiting.key) as number) - 1
    if (waitingOfKey === 0) this.#waitingByKey.delete(waiting.key)
    else this.#waitingByKey.set(waiting.key, waitingOfKey)
    if (this.#waiting === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve()
    return true
  }

  /** One timer, set for the oldest call. */
  #watchDeadline(): void {
    if (this.#deadlineTimer !== undefined) return
    const isOpen = ({ settled }: Waiting<Call, Outcome>) => !settled
    const oldest = [this.#inFlight.find(isOpen), this.#queue.find(isOpen)].filter((one) => one !== undefined)
    if (oldest.length === 0) return
    const deadlineAt = Math.min(...oldest.map((one) => one.deadlineAt))
    const delayMs = Math.max(1, deadlineAt - performance.now())
    this.#deadlineTimer = setTimeout(() => this.#refuseLate(), delayMs)
    this.#deadlineTimer.unref()
  }

  #refuseLate(): void {
    this.#deadlineTimer = undefined
    const now = performance.now()
    for (const waiting of [...this.#inFlight, ...this.#queue]) {
      if (waiting.deadlineAt <= now) this.#reject(waiting, databaseUnavailable())
    }
    this.#queue = this.#queue.filter(({ settled }) => !settled)
    this.#watchDeadline()
  }
}

function overloaded(): PromptmeterError {
  return new PromptmeterError('overloaded', 'Too many calls are waiting. Try again in a moment.', {
    retryAfterSeconds: 1,
  })
}

function databaseUnavailable(cause?: unknown): PromptmeterError {
  return new PromptmeterError(
    'database_unavailable',
    'The database cannot be reached. Try again in a moment.',
    {
      cause,
      retryAfterSeconds: 1,
    },
  )
}
