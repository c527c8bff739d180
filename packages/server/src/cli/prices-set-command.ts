import type { Price, PriceListResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { parseMoment, parsePrice } from './option-values.ts'
import { describePrices } from './price-report.ts'

interface SetOptions extends ClientOptions {
  readonly input: number
  readonly cachedInput?: number
  readonly output: number
  readonly from?: string
}

export function pricesSetCommand(): Command {
  return clientCommand('set', 'set what a model costs from a moment on, in dollars for a million tokens')
    .argument('<model>', 'the model, or a pattern in which * stands for any text')
    .requiredOption('--input <dollars>', 'input', parsePrice)
    .option(
      '--cached-input <dollars>',
      'input that the AI provider had in its cache (default: as other input)',
      parsePrice,
    )
    .requiredOption('--output <dollars>', 'output', parsePrice)
    .option(
      '--from <instant>',
      'from when on it holds, such as 2026-11-20T10:00:00Z (default: now)',
      parseMoment,
    )
    .addHelpText(
      'after',
      `
Replaces the price of the same model and moment; earlier ones stay, and what was charged is not charged anew. For a call
holds the most precise pattern that fits its model.

Examples:
  $ promptmeter prices set gpt-5 --input 1.25 --cached-input 0.125 --output 10
  $ promptmeter prices set 'gpt-5-mini-20*' --input 0.25 --output 2 --from 2026-12-01`,
    )
    .action(async (model: string, { input, cachedInput, output, from, ...options }: SetOptions) => {
      const client = await connect(options)
      const price: Price = {
        model,
        effectiveFrom: from ?? now(),
        inputMicros: input,
        cachedInputMicros: cachedInput ?? null,
        outputMicros: output,
      }
      const answer = await client.request<PriceListResponse>('PUT', '/api/admin/prices', {
        body: { prices: [price] },
      })
      print(answer, options, () => describePrices([price]))
    })
}

/** To the second. */
function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`
}
