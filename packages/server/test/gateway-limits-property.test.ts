import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Endpoint } from '../src/gateway/endpoint.ts'
import { answersOf, countRequestTokens } from '../src/gateway/request-tokens.ts'
import { createTokenCounter } from '../src/gateway/token-counter.ts'
import { ask } from './support/gateway-client.ts'
import { type GatewayReplicas, startGatewayReplicas } from './support/gateway-replicas.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { beginStream, DONE, sendJson, type UpstreamCall } from './support/scripted-upstream.ts'
import type { TestGateway } from './support/test-gateway.ts'

let replicas: GatewayReplicas
let gateway: TestGateway
beforeAll(async () => {
  replicas = await startGatewayReplicas('postgres', 3)
  gateway = replicas.at(0)
})
afterAll(() => replicas.close())

const counter = createTokenCounter()

interface Planned {
  readonly endpoint: Endpoint
  readonly words: number
  readonly bound: number | null
  readonly n: number | null
  readonly stream: boolean
  /** How much of the worst case the upstream uses, in percent, and of its input has cached. */
  readonly share: number
  /** Calls that have to arrive before this one is answered. */
  readonly patience: number
}

const planned: fc.Arbitrary<Planned> = fc.record({
  endpoint: fc.constantFrom<Endpoint>('chat', 'chat', 'responses', 'completions', 'embeddings'),
  words: fc.integer({ min: 0, max: 60 }),
  bound: fc.option(fc.integer({ min: 1, max: 250 })),
  n: fc.option(fc.integer({ min: 1, max: 3 })),
  stream: fc.boolean(),
  share: fc.oneof({ weight: 3, arbitrary: fc.constant(100) }, fc.integer({ min: 0, max: 100 })),
  patience: fc.integer({ min: 0, max: 4 }),
})

const situation = fc.record({
  limits: fc.uniqueArray(
    fc.record({
      meter: fc.constantFrom('tokens', 'cost'),
      window: fc.constantFrom('lifetime', 'month', 'week'),
      amount: fc.integer({ min: 0, max: 3000 }),
    }),
    { minLength: 1, maxLength: 3, selector: ({ meter, window }) => `${meter} ${window}` },
  ),
  defaultMaxTokens: fc.option(fc.integer({ min: 16, max: 300 })),
  price: fc.record({
    inputMicros: fc.integer({ min: 0, max: 3_000_000 }),
    cachedInputMicros: fc.option(fc.integer({ min: 0, max: 6_000_000 })),
    outputMicros: fc.integer({ min: 0, max: 6_000_000 }),
  }),
  calls: fc.array(planned, { minLength: 4, maxLength: 16 }),
})

const PATHS: Record<Endpoint, string> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
}

function bodyOf({ endpoint, words, bound, n, stream }: Planned, model: string): object {
  const text = Array.from({ length: words }, (_, index) => ` word${index}`).join('')
  switch (endpoint) {
    case 'chat':
      return { model, messages: [{ role: 'user', content: text }], max_tokens: bound, n, stream }
    case 'completions':
      return { model, prompt: [text, text], max_tokens: bound, best_of: n, stream }
    case 'responses':
      return { model, input: text, max_output_tokens: bound, stream }
    case 'embeddings':
      return { model, input: [text, text] }
  }
}

/** The most that an upstream can take for a request, by the very body that it got. */
async function worstCaseOf({ path, body }: UpstreamCall): Promise<{ input: number; output: number }> {
  const endpoint = Object.entries(PATHS).find(([, known]) => known === path)?.[0] as Endpoint
  const input = await countRequestTokens(endpoint, body, counter)
  if (endpoint === 'embeddings') return { input, output: 0 }
  const bound = body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens
  expect(bound).toBeGreaterThanOrEqual(1)
  return { input, output: bound * answersOf(endpoint, body) }
}

function usageOf(path: string, worst: { input: number; output: number }, { share }: Planned): object {
  const output = Math.floor((worst.output * share) / 100)
  const cached_tokens = Math.floor((worst.input * share) / 100)
  return path === PATHS.responses
    ? { input_tokens: worst.input, output_tokens: output, input_tokens_details: { cached_tokens } }
    : { prompt_tokens: worst.input, completion_tokens: output, prompt_tokens_details: { cached_tokens } }
}

it('nothing is admitted whose worst case does not fit: no limit on tokens or cost is ever passed', async () => {
  let run = 0
  let admitted = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(situation, async ({ limits, defaultMaxTokens, price, calls }) => {
      const model = `model-${++run}`
      const effectiveFrom = '2026-01-01T00:00:00.000Z'
      await gateway.server.services.prices.put([{ model, effectiveFrom, ...price }])
      const token = await gateway.signUp({ overrides: { limits, defaultMaxTokens } })
      let looks = 0
      const lookAtLimits = async () => {
        const at = replicas.at(looks++)
        for (const { meter, used, held, amount } of (await at.me(token)).limits)
          if (meter !== 'prompts') expect(used + held).toBeLessThanOrEqual(amount)
      }

      const waiting: { patience: number; answer: () => void }[] = []
      const arrived = () => {
        for (const call of waiting) if (call.patience-- <= 0) call.answer()
      }
      let missing = calls.length
      const done = () => {
        // Nobody else will come: whoever still waits for others is answered.
        if (--missing <= waiting.length) for (const { answer } of waiting) answer()
      }
      const failures: unknown[] = []
      replicas.upstream.script = async (call, response) => {
        const planned = calls[Number(call.headers['user-agent'])] as Planned
        let worst = { input: 0, output: 0 }
        try {
          worst = await worstCaseOf(call)
          await lookAtLimits()
        } catch (error) {
          failures.push(error)
        }
        await new Promise<void>((answer) => {
          waiting.push({ patience: planned.patience, answer })
          arrived()
          if (missing <= waiting.length) for (const { answer } of waiting) answer()
        })
        const usage = usageOf(call.path, worst, planned)
        if (call.body.stream !== true) return sendJson(response, { choices: [], usage })
        beginStream(response)
        const responses = { type: 'response.completed', response: { usage } }
        const event = call.path === PATHS.responses ? responses : { choices: [], usage }
        response.end(`data: ${JSON.stringify(event)}\n\n${DONE}`)
      }

      await Promise.all(
        calls.map(async (planned, index) => {
          const asked = ask(replicas.at(index).url, token, {
            path: PATHS[planned.endpoint],
            body: bodyOf(planned, model),
            headers: { 'user-agent': String(index) },
          })
          const { status } = await asked.answered
          const text = await asked.text()
          done()
          try {
            await lookAtLimits()
            if (status === 200) admitted++
            else {
              refused++
              expect([status, JSON.parse(text).error?.code]).toEqual([429, 'insufficient_quota'])
            }
          } catch (error) {
            // Told once all calls have ended: others may wait for this one.
            failures.push(error)
          }
        }),
      )

      expect(failures).toEqual([])
      const { limits: ended, id } = await gateway.me(token)
      expect(ended.map(({ held }: { held: number }) => held)).toEqual(ended.map(() => 0))
      const { rows } = await sql<{ tokens: number; cost: number }>`
        select coalesce(sum(tokens), 0)::bigint as tokens, coalesce(sum(cost_micros), 0)::bigint as cost
        from usage_events where user_id = ${id}`.execute(gateway.server.database.kysely)
      for (const { meter, amount } of limits)
        expect(rows[0]?.[meter as 'tokens' | 'cost']).toBeLessThanOrEqual(amount)
    }),
    // Calls race each other, so a smaller example need not fail again: the first one that does is told.
    { numRuns: 40, endOnFailure: true },
  )
  // It proves nothing if all were admitted, or none.
  expect(admitted).toBeGreaterThan(20)
  expect(refused).toBeGreaterThan(20)
  expect(await findContradictions(gateway.server.database)).toEqual([])
})
