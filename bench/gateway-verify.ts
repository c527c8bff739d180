import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { GatewayCaller, Reply } from './gateway-call.ts'
import type { LoadResult } from './load.ts'
import type { GatewayCounts, GatewayLedger } from './targets/gateway-target.ts'
import {
  chatRequestBody,
  completion,
  endOfStream,
  type Question,
  streamedEvents,
} from './upstream/chat-completion.ts'
import { readSettledCounts } from './verify.ts'

const settleTimeoutMs = 10_000

/** How the load asks for its answers. A stream is asked for as most clients do: without its usage. */
export type AnswerForm = 'json' | 'stream'
export const questions: Readonly<Record<AnswerForm, Question>> = {
  json: { stream: false },
  stream: { stream: true },
}

/** The bytes of a whole answer's body, of each form. */
export type AnswerBytes = Readonly<Record<AnswerForm, number>>

/**
 * Asks for the answer in all its forms and compares it whole: wrk itself only looks at the status.
 * @throws when something of the upstream's answer is missing or other; what a gateway adds to its objects is its own affair.
 */
export async function verifyGatewayAnswers(caller: GatewayCaller): Promise<AnswerBytes> {
  const json = await verifyJson(caller, questions.json)
  const stream = await verifyStream(caller, questions.stream)
  await verifyStream(caller, { stream: true, includeUsage: true })
  await verifyStream(caller, { stream: true, slow: true })
  return { json, stream }
}

async function verifyJson(caller: GatewayCaller, question: Question): Promise<number> {
  const reply = await caller.call(chatRequestBody(question))
  check(reply, 'application/json', () => assert.partialDeepStrictEqual(JSON.parse(reply.text), completion))
  return Buffer.byteLength(reply.text)
}

async function verifyStream(caller: GatewayCaller, question: Question): Promise<number> {
  const reply = await caller.call(chatRequestBody(question))
  check(reply, 'text/event-stream', () => {
    const events = reply.text.split('\n\n')
    assert.equal(events.pop(), '')
    assert.equal(events.pop(), `data: ${endOfStream}`)
    const expected = streamedEvents(question.includeUsage ?? false)
    assert.equal(events.length, expected.length)
    for (const [index, event] of events.entries()) {
      assert.match(event, /^data: /)
      assert.partialDeepStrictEqual(JSON.parse(event.slice('data: '.length)), expected[index])
    }
  })
  return Buffer.byteLength(reply.text)
}

function check(reply: Reply, contentType: string, compare: () => void): void {
  try {
    assert.equal(reply.status, 200)
    assert.ok(reply.contentType.startsWith(contentType), `content-type: ${reply.contentType}`)
    compare()
  } catch (error) {
    throw new Error(`${(error as Error).message}\nThe answer, ${reply.status}:\n${reply.text.slice(0, 6000)}`)
  }
}

/**
 * The counts once every call has ended for the gateway too: those cut off by the end of a run are settled or released then.
 * @throws when something is still held after 10 seconds: every hold is of a call that nobody makes any more.
 */
export async function readCountsWithoutHolds(ledger: GatewayLedger): Promise<GatewayCounts> {
  const deadline = Date.now() + settleTimeoutMs
  for (let holds = await ledger.countHolds(); holds > 0; holds = await ledger.countHolds()) {
    if (Date.now() > deadline) throw new Error(`The run does not count: ${holds} holds outlive their calls.`)
    await delay(100)
  }
  return await readSettledCounts(() => ledger.readCounts())
}

/**
 * Every answered call must be in the database with the tokens of the upstream's `usage`, and nothing else but calls that were cut
 * off by the end of the run, of which there is one per connection at most; their tokens may be other ones.
 * @throws otherwise
 */
export function verifyGatewayCounts(
  before: GatewayCounts,
  after: GatewayCounts,
  { answered, connections }: { readonly answered: number; readonly connections: number },
): void {
  const answers = after.answers - before.answers
  const prompts = after.prompts - before.prompts
  const complete = answered <= answers && answers <= prompts
  if (!complete || prompts > answered + connections) {
    throw new Error(
      `The run does not count: ${answered} calls were answered on ${connections} connections, and the database ` +
        `counted ${prompts} prompts, ${answers} of them with the tokens that the upstream told.`,
    )
  }
}

/** @throws when answers were shorter than the one that was verified: a gateway may not win by cutting them off */
export function verifyBytes({ bytes, requests }: LoadResult, bodyBytes: number): void {
  if (bytes < requests * bodyBytes) {
    throw new Error(
      `The run does not count: ${requests} answers of at least ${bodyBytes} bytes came in ${bytes} bytes.`,
    )
  }
}
