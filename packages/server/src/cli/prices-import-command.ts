import type { Price, PriceListResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import type { AdminClient } from './admin-client.ts'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { CommandFailure } from './command-failure.ts'
import { confirm, requireSomebody } from './confirm.ts'
import { type PriceFile, readPriceFile, STARTER_LIST } from './price-file.ts'
import { countPrices } from './price-report.ts'

/** Most prices the server takes at once. */
const CHUNK_SIZE = 1000

interface ImportOptions extends ClientOptions {
  readonly yes?: boolean
}

export function pricesImportCommand(): Command {
  return clientCommand('import', 'set the prices of a JSON file')
    .argument('[file]', "the file (default: a list of OpenAI's prices that comes with Promptmeter)")
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Prices change: compare the list with its source before you bill by it. It adds prices, and replaces those of the same
model and moment; the others stay. It can be run again.

The file is an object with prices, and may name their source, readOn and a note. Each price has model, effectiveFrom,
inputMicros, cachedInputMicros (or null) and outputMicros, in micro-dollars for a million tokens. One bad entry, and
nothing is set.

Examples:
  $ promptmeter prices import
  $ promptmeter prices import our-prices.json --yes`,
    )
    .action(async (path: string | undefined, options: ImportOptions) => {
      if (!options.yes) requireSomebody()
      const file = await readPriceFile(path ?? STARTER_LIST)
      const client = await connect(options)
      process.stderr.write(describeFile(file, path))
      if (!options.yes) await confirm('Type yes to set them: ', 'yes', 'Nothing was set.')
      const set = await setPrices(client, file.prices)
      print({ set }, options, () => `Set ${countPrices(set)}.\n`)
    })
}

function describeFile({ source, readOn, note, prices }: PriceFile, path: string | undefined): string {
  const name = path ?? 'The list that comes with Promptmeter'
  const origin = `from ${source ?? 'an unnamed source'}, read on ${readOn ?? 'an unknown day'}`
  return `${name}: ${countPrices(prices.length)} ${origin}.\n${note === null ? '' : `${note}\n`}`
}

async function setPrices(client: AdminClient, prices: readonly Price[]): Promise<number> {
  let set = 0
  const send = async (piece: readonly Price[]): Promise<void> => {
    try {
      await client.request<PriceListResponse>('PUT', '/api/admin/prices', {
        body: { prices: piece },
        repeatable: true,
      })
      set += piece.length
    } catch (error) {
      // The operator may have set a low BODY_LIMIT_BYTES.
      const tooLarge = error instanceof CommandFailure && error.refusal === 'body_too_large'
      if (!tooLarge || piece.length === 1) throw error
      const middle = Math.ceil(piece.length / 2)
      await send(piece.slice(0, middle))
      await send(piece.slice(middle))
    }
  }
  try {
    for (let start = 0; start < prices.length; start += CHUNK_SIZE) {
      await send(prices.slice(start, start + CHUNK_SIZE))
    }
  } catch (error) {
    if (!(error instanceof CommandFailure) || set === 0) throw error
    throw new CommandFailure(
      `${error.message}\n${countPrices(set)} had been set. Run the same import again: it sets them to the same.`,
      error.exitCode,
    )
  }
  return set
}
