import type { PriceListResponse } from '@promptmeter/contract'
import { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { parseMoment } from './option-values.ts'
import { describePrices, formatMoment } from './price-report.ts'
import { pricesImportCommand } from './prices-import-command.ts'
import { pricesSetCommand } from './prices-set-command.ts'

export function pricesCommand(): Command {
  return new Command('prices')
    .description('list, set, remove and import what models cost')
    .addCommand(listCommand())
    .addCommand(pricesSetCommand())
    .addCommand(removeCommand())
    .addCommand(pricesImportCommand())
    .addHelpText(
      'after',
      `
Examples:
  $ promptmeter prices import
  $ promptmeter prices set gpt-5-mini --input 0.25 --cached-input 0.025 --output 2
  $ promptmeter prices list`,
    )
}

function listCommand(): Command {
  return clientCommand('list', 'list prices by model, the newest first')
    .addHelpText('after', '\nExample:\n  $ promptmeter prices list')
    .action(async (options: ClientOptions) => {
      const client = await connect(options)
      const answer = await client.request<PriceListResponse>('GET', '/api/admin/prices')
      print(answer, options, ({ prices }) => describePrices(prices))
    })
}

function removeCommand(): Command {
  return clientCommand('remove', 'delete a price; what was charged stays charged')
    .argument('<model>', 'the model or pattern, as the list has it')
    .requiredOption('--from <instant>', 'from when on it holds, as the list has it', parseMoment)
    .addHelpText('after', "\nExample:\n  $ promptmeter prices remove 'gpt-5*' --from 2025-08-07T00:00:00Z")
    .action(async (model: string, options: ClientOptions & { readonly from: string }) => {
      const client = await connect(options)
      const price = { model, effectiveFrom: options.from }
      await client.request('DELETE', '/api/admin/prices', { query: price })
      print(price, options, () => `Removed the price of ${model} from ${formatMoment(options.from)} on.\n`)
    })
}
