import { PromptmeterError } from '../promptmeter-error.ts'

/** How one batch reaches the database. */
export interface BatchCommitter<Call, Outcome> {
  /** Commits the calls in one transaction. One outcome per call, in their order, durable when it resolves. */
  commit(calls: readonly Call[]): Promise<readonly Outcome[]>
  /**
   * What a failed commit means: `retry`, nothing was written and the same batch may pass later; `unknown`, nobody can
   * say whether it was written; `rejected`, something in the batch cannot be written.
   */
  classify(error: unknown): 'retry' | 'unknown' | 'rejected'
}

export interface GroupCommitOptions<Call> {
  /** Batches that may be under way at once, each with calls of other users. */
  readonly lanes: number
  /** Most calls in one batch. */
  readonly maxBatch: number
  /** Most calls that may wait; the next one is refused. */
  readonly queueLimit: number
  /** Longest a call waits, in milliseconds. */
  readonly deadlineMs: number
  /** Calls with the same key are committed in the order they arrived. */
  keyOf(call: Call): string
  readonly observer?: GroupCommitObserver
}

export interface GroupCommitObserver {
  committed(batchSize: number, seconds: number): void
  retried(error: unknown): void
  rejected(error: unknown): void
}

interface Waiting<Call, Outcome> {
  readonly call: Call
  readonly deadlineAt: number
  resolve(outcome: Outcome): void
  reject(error: unknown): void
  settled: boolean
}

interface Lane<Call, Outcome> {
  queue: Waiting<Call, Outcome>[]
  inFlight: Waiting<Call, Outcome>[]
  running: boolean
  timer: NodeJS.Timeout | undefined
}

const FIRST_RETRY_DELAY_MS = 10
const MAX_RETRY_DELAY_MS = 500

/**
 * Group commit: a call is answered only after it is durable, yet calls do not pay for a commit each. Those that arrive
 * while a commit is under way travel together in the next.
 */
export class GroupCommit<Call, Outcome> {
  readonly #committer: BatchCommitter<Call, Outcome>
  readonly #options: GroupCommitOptions<Call>
  readonly #lanes: readonly Lane<Call, Outcome>[]
  readonly #idleWaiters: (() => void)[] = []
  #waiting = 0

  constructor(committer: BatchCommitter<Call, Outcome>, options: GroupCommitOptions<Call>) {
    this.#committer = committer
    this.#options = options
    this.#lanes = Array.from({ length: options.lanes }, () => ({
      queue: [],
      inFlight: [],
      running: false,
      timer: undefined,
    }))
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
    if (this.#waiting >= this.#options.queueLimit) {
      return Promise.reject(
        new PromptmeterError('overloaded', 'Too many calls are waiting. Try again in a moment.', {
          retryAfterSeconds: 1,
        }),
      )
    }
    return new Promise((resolve, reject) => {
      const lane = this.#laneOf(call)
      const deadlineAt = performance.now() + this.#options.deadlineMs
      lane.queue.push({ call, deadlineAt, resolve, reject, settled: false })
      this.#waiting++
      this.#watchDeadline(lane)
      if (lane.running) return
      lane.running = true
      // Let every call that is being read in this turn of the event loop join the first batch.
      setImmediate(() => this.#run(lane))
    })
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    if (this.#waiting === 0) return
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  #laneOf(call: Call): Lane<Call, Outcome> {
    const key = this.#options.keyOf(call)
    let hash = 0
    for (let index = 0; index < key.length; index++) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0
    return this.#lanes[(hash >>> 0) % this.#lanes.length] as Lane<Call, Outcome>
  }

  async #run(lane: Lane<Call, Outcome>): Promise<void> {
    while (lane.queue.length > 0) {
      lane.inFlight = lane.queue.splice(0, this.#options.maxBatch).filter((waiting) => !waiting.settled)
      await this.#commit(lane.inFlight)
      lane.inFlight = []
    }
    lane.running = false
  }

  async #commit(batch: readonly Waiting<Call, Outcome>[]): Promise<void> {
    let retryDelayMs = FIRST_RETRY_DELAY_MS
    for (;;) {
      // Whoever was told that the deadline passed is not written behind their back.
      const open = batch.filter(({ settled }) => !settled)
      if (open.length === 0) return
      const startedAt = performance.now()
      let outcomes: readonly Outcome[]
      try {
        outcomes = await this.#committer.commit(open.map(({ call }) => call))
      } catch (error) {
        const verdict = this.#committer.classify(error)
        if (verdict === 'rejected') return this.#isolate(open, error)
        if (verdict === 'unknown') {
          for (const waiting of open) this.#reject(waiting, databaseUnavailable(error))
          return
        }
        this.#observe((observer) => observer.retried(error))
        await sleep(retryDelayMs)
        retryDelayMs = Math.min(2 * retryDelayMs, MAX_RETRY_DELAY_MS)
        continue
      }
      // Outside the `try`: these calls are durable, and nothing may have them written once more.
      for (const [index, waiting] of open.entries()) this.#resolve(waiting, outcomes[index] as Outcome)
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
    if (this.#waiting === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve()
    return true
  }

  /** One timer per lane, set for its oldest call: arrival order is deadline order. */
  #watchDeadline(lane: Lane<Call, Outcome>): void {
    if (lane.timer !== undefined) return
    const oldest = lane.inFlight.find(({ settled }) => !settled) ?? lane.queue.find(({ settled }) => !settled)
    if (oldest === undefined) return
    lane.timer = setTimeout(
      () => {
        lane.timer = undefined
        const now = performance.now()
        for (const waiting of [...lane.inFlight, ...lane.queue]) {
          if (waiting.deadlineAt <= now) this.#reject(waiting, databaseUnavailable())
        }
        lane.queue = lane.queue.filter(({ settled }) => !settled)
        this.#watchDeadline(lane)
      },
      Math.max(1, oldest.deadlineAt - performance.now()),
    )
    lane.timer.unref()
  }
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

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}
