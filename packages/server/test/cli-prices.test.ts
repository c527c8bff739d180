import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Price } from '@promptmeter/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readPriceFile, STARTER_LIST } from '../src/cli/price-file.ts'
import { type Commands, startCommands } from './support/commands.ts'
import { runCommand } from './support/run-command.ts'

const FROM = '2025-08-07T00:00:00Z'

let commands: Commands
let before: Price[]
beforeAll(async () => {
  // Too little for a thousand prices at once.
  commands = await startCommands({ BODY_LIMIT_BYTES: '60000' })
})
afterAll(() => commands.close())
beforeEach(async () => {
  before = await list()
})

const run = (...args: string[]) => commands.run('prices', ...args)
const succeed = (...args: string[]) => commands.succeed('prices', ...args)
const list = async (): Promise<Price[]> => (await commands.get('/api/admin/prices')).body.prices

const priceOf = (model: string): Price => ({
  model,
  effectiveFrom: FROM,
  inputMicros: 1,
  cachedInputMicros: null,
  outputMicros: 2,
})

describe('promptmeter prices', () => {
  it('sets a price in dollars, lists it so that it can be named, and removes it', async () => {
    const price = ['--input', '1.25', '--cached-input', '0.125', '--output', '10', '--from', FROM]
    expect(await succeed('set', 'gpt-5*', ...price)).toMatch(/^gpt-5\* +2025-08-07T00:00:00Z +\$1\.25 /m)
    await succeed('set', 'o4', '--input', '0.000001', '--output', '1000000', '--from', '2026-01-01')
    const { prices } = await commands.json('prices', 'list')
    expect(prices).toEqual(await list())
    expect(prices).toEqual([
      {
        model: 'gpt-5*',
        effectiveFrom: '2025-08-07T00:00:00.000Z',
        inputMicros: 1_250_000,
        cachedInputMicros: 125_000,
        outputMicros: 10_000_000,
      },
      {
        model: 'o4',
        effectiveFrom: '2026-01-01T00:00:00.000Z',
        inputMicros: 1,
        cachedInputMicros: null,
        outputMicros: 1_000_000_000_000,
      },
    ])
    expect(await succeed('list')).toBe(
      [
        'Dollars for a million tokens',
        '',
        'Model   From                      Input  Cached input         Output',
        'gpt-5*  2025-08-07T00:00:00Z      $1.25        $0.125         $10.00',
        'o4      2026-01-01T00:00:00Z  $0.000001      as input  $1,000,000.00',
        '',
      ].join('\n'),
    )
    expect(await succeed('remove', 'gpt-5*', '--from', FROM)).toContain('Removed the price of gpt-5*')
    await succeed('remove', 'o4', '--from', '2026-01-01')
    expect(await list()).toEqual([])
    expect(await run('remove', 'o4', '--from', '2026-01-01')).toMatchObject({ code: 3, stdout: '' })
  })

  it('holds from now on, to the second, where no moment is named', async () => {
    const thisSecond = Math.floor(Date.now() / 1000) * 1000
    const { prices } = await commands.json('prices', 'set', 'from-now', '--input', '1', '--output', '2')
    const [{ effectiveFrom }] = prices
    expect(effectiveFrom).toMatch(/:\d\d\.000Z$/)
    expect(Date.parse(effectiveFrom)).toBeGreaterThanOrEqual(thisSecond)
    expect(Date.parse(effectiveFrom)).toBeLessThanOrEqual(Date.now())
    await succeed('remove', 'from-now', '--from', effectiveFrom)
  })

  it.each([
    ['no price of output', 2, ['set', 'm', '--input', '1']],
    ['a price that is none', 2, ['set', 'm', '--input', '1.2345678', '--output', '1']],
    ['a price below 0', 2, ['set', 'm', '--input', '-1', '--output', '1']],
    ['a price past the range', 2, ['set', 'm', '--input', '1000000.000001', '--output', '1']],
    ['a moment that is none', 2, ['set', 'm', '--input', '1', '--output', '1', '--from', 'tomorrow']],
    ['a model that cannot be one', 1, ['set', '', '--input', '1', '--output', '1']],
    ['a removal without a moment', 2, ['remove', 'm']],
    ['a file that is not there', 2, ['import', 'nowhere.json', '--yes']],
    ['a folder', 2, ['import', '.', '--yes']],
  ])('of %s ends with %d, told on stderr alone, and sets nothing', async (_, code, args) => {
    const result = await run(...args)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr.length).toBeGreaterThan(10)
    expect(result.stderr).not.toMatch(/\n\s+at /)
    expect(await list()).toEqual(before)
  })
})

describe('promptmeter prices import', () => {
  const write = (name: string, file: unknown) =>
    writeFile(join(commands.folder, name), typeof file === 'string' ? file : JSON.stringify(file))
  const many = Array.from({ length: 2300 }, (_, index) => priceOf(`model-${String(index).padStart(4, '0')}`))

  it('asks before it sets anything, and without anybody there sets nothing', async () => {
    const asked = await run('import')
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toContain('--yes')
    expect(await list()).toEqual(before)
  })

  it.each([
    [
      'a bad entry at the end',
      { prices: [...many, { ...priceOf('bad'), inputMicros: -1 }] },
      'entry 2301 (bad)',
    ],
    ['a price twice', { prices: [...many, priceOf('model-0007')] }, 'entry 8 is of the same model'],
    ['no JSON', '{"prices":[', 'not valid JSON'],
    ['another currency', { currency: 'EUR', prices: many }, 'USD'],
  ])('sets nothing of a file with %s, and names it', async (_, file, problem) => {
    await write('bad.json', file)
    const result = await run('import', 'bad.json', '--yes')
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toContain(`bad.json: `)
    expect(result.stderr).toContain(problem)
    expect(result.stderr).toContain('Nothing was set.')
    expect(await list()).toEqual(before)
  })

  it('takes the list that comes with Promptmeter, says what it is, and may be run again', async () => {
    const { prices, source, readOn, note } = await readPriceFile(STARTER_LIST)
    for (let round = 0; round < 2; round++) {
      const result = await run('import', '--yes')
      expect(result).toMatchObject({ code: 0, stdout: `Set ${prices.length} prices.\n` })
      for (const text of [source, readOn, note, `${prices.length} prices`])
        expect(result.stderr).toContain(text)
    }
    const isSame = (one: Price, other: Price) =>
      one.model === other.model && Date.parse(one.effectiveFrom) === Date.parse(other.effectiveFrom)
    const kept = await list()
    expect(kept).toHaveLength(prices.length)
    for (const price of prices) {
      const { effectiveFrom: _, ...amounts } = price
      expect(kept.find((other) => isSame(price, other))).toMatchObject(amounts)
    }
  })

  it('sets thousands in pieces that the server takes, and leaves the others', async () => {
    await write('many.json', { source: 'our contract', readOn: '2026-11-01', prices: many })
    const { code, stdout, stderr } = await run('import', 'many.json', '--yes', '--json')
    expect({ code, answer: JSON.parse(stdout) }).toEqual({ code: 0, answer: { set: 2300 } })
    expect(stderr).toContain('2,300 prices from our contract, read on 2026-11-01')
    const kept = await list()
    expect(kept).toHaveLength(before.length + 2300)
    expect(new Set(kept.map(({ model }) => model))).toEqual(
      new Set([...before, ...many].map(({ model }) => model)),
    )
  })

  it('cut off says how many had been set, and that it can be run again', async () => {
    await write('cut.json', { prices: many })
    let asked = 0
    const failing = createServer((request, response) => {
      request.resume().once('end', () => {
        const isFirst = ++asked === 1
        response.writeHead(isFirst ? 200 : 500, { 'content-type': 'application/json' })
        response.end(isFirst ? '{"prices":[]}' : '{"error":"Internal server error.","code":"internal_error"}')
      })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => failing.once('listening', resolve))
    try {
      const { port } = failing.address() as AddressInfo
      const result = await runCommand(
        ['prices', 'import', 'cut.json', '--yes', '--url', `http://127.0.0.1:${port}`],
        { cwd: commands.folder, environment: { ADMIN_KEY: 'any' } },
      )
      expect(result).toMatchObject({ code: 1, stdout: '' })
      expect(result.stderr).toContain('1,000 prices had been set. Run the same import again')
      expect(asked).toBe(2)
    } finally {
      failing.close()
    }
  })
})
