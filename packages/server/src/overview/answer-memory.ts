import { LRUCache } from 'lru-cache'

/** Answers remembered at most; one of many buckets and groups may weigh a megabyte. */
const MAX_ANSWERS = 32

/** How long an answer is remembered, in milliseconds. */
const KEPT_MS = 5_000

/** One that took long is remembered for so many times as long: reading never takes more than a part of the time. */
const KEPT_SHARE = 10

/** Gives the answer of this name: the one that is remembered or under way, or what `read` gives. */
export type AnswerMemory<Answer> = (name: string, read: () => Promise<Answer>) => Promise<Answer>

/**
 * For answers that many pages ask for every few seconds and that cost the database something: each is read once for
 * all, and one after the other, so that however many are asked for they occupy one connection. A failure is not
 * remembered.
 * @param now milliseconds, from any beginning
 */
export function createAnswerMemory<Answer>(
  now: () => number = () => performance.now(),
): AnswerMemory<Answer> {
  const answers = new LRUCache<string, Promise<Answer>>({ max: MAX_ANSWERS, ttlResolution: 0, perf: { now } })
  let last: Promise<unknown> = Promise.resolve()

  return (name, read) => {
    const known = answers.get(name)
    if (known !== undefined) return known
    const readAndKeep = async (): Promise<Answer> => {
      const began = now()
      try {
        const answer = await read()
        answers.set(name, reading, { ttl: Math.max(KEPT_MS, KEPT_SHARE * (now() - began)) })
        return answer
      } catch (error) {
        answers.delete(name)
        throw error
      }
    }
    const reading = last.then(readAndKeep, readAndKeep)
    last = reading
    answers.set(name, reading)
    return reading
  }
}
