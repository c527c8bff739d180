import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { confirm } from '../src/cli/confirm.ts'
import { ProgressBar } from '../src/cli/progress-bar.ts'
import { removalQuestion } from '../src/cli/users-remove-command.ts'

const ADA = {
  id: '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  email: 'ada@example.com',
  promptCount: 1200,
  tokenCount: 0,
  costMicros: 0,
  plan: 'free',
  overrides: null,
  threshold: 10,
  remaining: 0,
  role: 'member' as const,
  disabled: false,
  createdAt: '2026-11-01T08:00:00.000Z',
}

describe('a removal on a terminal', () => {
  const answer = (typed: string) => {
    const input = new PassThrough()
    const output = new PassThrough()
    input.end(typed)
    return {
      done: confirm(removalQuestion(ADA), ADA.email, 'Nothing was removed.', { input, output }),
      output,
    }
  }

  it('goes on when the address is typed, in any case', async () => {
    const { done, output } = answer(' ADA@example.com\n')
    await done
    expect(output.read().toString()).toContain('ada@example.com with 1,200 counted prompts')
  })

  it.each(['yes\n', '\n', 'ada@example.co\n', ''])('stops when %j is typed', async (typed) => {
    await expect(answer(typed).done).rejects.toThrow('Nothing was removed.')
  })
})

describe('a progress bar', () => {
  const terminal = (isTTY: boolean) => {
    const written: string[] = []
    return { isTTY, written, write: (text: string) => written.push(text) }
  }

  it('shows how far it is, and makes way for a line', () => {
    const screen = terminal(true)
    const bar = new ProgressBar(screen as never, 200)
    bar.update(50, '12 added')
    bar.writeLine('line 3: bad')
    expect(screen.written[0]).toContain('25 % · 12 added')
    expect(screen.written.slice(1)).toEqual(['\r\x1b[K', 'line 3: bad\n'])
  })

  it('writes nothing but the lines where there is no terminal', () => {
    const screen = terminal(false)
    const bar = new ProgressBar(screen as never, 200)
    bar.update(50, '12 added')
    bar.writeLine('line 3: bad')
    bar.clear()
    expect(screen.written).toEqual(['line 3: bad\n'])
  })
})

it('a command that asks a server loads neither the server nor a database', () => {
  const source = join(import.meta.dirname, '../src/cli')
  const contract = join(import.meta.dirname, '../../contract/src')
  const packages = new Set<string>()
  const seen = new Set<string>()
  const visit = (path: string) => {
    if (seen.has(path)) return
    seen.add(path)
    const imports = readFileSync(path, 'utf8').matchAll(/^import (?!type )[^']*'([^']+)'/gm)
    for (const [, name] of imports) {
      if (name?.startsWith('.')) visit(join(dirname(path), name))
      // What of the contract needs no schema: read like our own files, so that it stays so.
      else if (name?.startsWith('@promptmeter/contract/'))
        visit(join(contract, `${name.slice('@promptmeter/contract/'.length)}.ts`))
      else if (!name?.startsWith('node:')) packages.add(name as string)
    }
  }
  for (const name of [
    'command-line',
    'users-command',
    'plans-command',
    'prices-command',
    'usage-command',
    'sessions-command',
    'correct-command',
    'admin-link-command',
  ])
    visit(join(source, `${name}.ts`))
  expect([...packages].sort()).toEqual(['@promptmeter/user-csv', 'commander'])
  expect([...seen].filter((path) => /server\.ts$|\/database\//.test(path))).toEqual([])
})
