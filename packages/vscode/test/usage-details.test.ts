import type { LimitStanding, UsageGroupTotal } from '@promptmeter/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelLine, usageMarkdown } from '../src/core/usage-details.ts'
import type { UsageState } from '../src/core/usage-watcher.ts'
import { HOSTILE, iconsIn, structureOf } from './support/hostile-strings.ts'
import { LIFETIME, limit, me } from './support/standings.ts'

const now = new Date(2026, 5, 10, 12, 0)

function total(fields: Partial<UsageGroupTotal> = {}): UsageGroupTotal {
  return { name: 'gpt', promptCount: 3, tokenCount: 1_200, costMicros: 10_000, ...fields }
}

function known(
  fields: Parameters<typeof me>[0],
  byModel: UsageGroupTotal[] | null,
  offline = false,
): UsageState {
  return { kind: 'known', me: me({ email: 'ada', limits: [], ...fields }), byModel, offline }
}

const hover = (state: UsageState, waiting = 0, appName = 'Hello') =>
  usageMarkdown(state, appName, waiting, now)

/** As it is read, without the escapes. */
const read = (markdown: string) => markdown.replaceAll('\\', '')

describe('the hover', () => {
  it('shows who is signed in, every limit and what each model used', () => {
    const limits = [limit({ used: 1, ...LIFETIME }), limit({ meter: 'tokens', amount: 5, ...LIFETIME })]
    expect(read(hover(known({ limits }, [total()]))).split('\n\n')).toEqual([
      '**Hello** — ada',
      '- 1 of 10 prompts in all, 9 left, never resets by itself\n- 0 of 5 tokens in all, 5 left, never resets by itself',
      'This month by model (UTC):',
      '- gpt: 3 prompts, 1,200 tokens, $0.01',
    ])
  })

  it('says where nothing limits, and leaves models out that are unknown', () => {
    expect(hover(known({}, null)).split('\n\n')).toEqual(['**Hello** — ada', 'Nothing limits you.'])
    expect(hover(known({}, []))).toBe(hover(known({}, null)))
  })

  it('says that it is offline and what waits to be sent', () => {
    const text = hover(known({}, null, true), 2)
    expect(text).toContain('$(cloud-upload) 2 waiting to be sent')
    expect(text).toContain('$(cloud-offline) The server cannot be reached.')
  })

  it('shows eight models at most', () => {
    const many = Array.from({ length: 9 }, (_, i) => total({ name: `model ${i}` }))
    const text = hover(known({}, many))
    expect(text).toContain('model 7')
    expect(text).not.toContain('model 8')
  })

  it('says that nobody is signed in, or what went wrong', () => {
    expect(hover({ kind: 'signed-out' })).toBe('**Hello**\n\nYou are signed out.')
    expect(hover({ kind: 'failed', error: new Error('out of luck'), offline: false })).toBe(
      '**Hello**\n\nout of luck',
    )
    expect(hover({ kind: 'loading' })).toBe('**Hello**')
  })

  it('a model without a name or a price is told without', () => {
    expect(modelLine(total({ name: null, promptCount: 1, costMicros: 0 }))).toBe(
      'no model named: 1 prompt, 1,200 tokens',
    )
  })
})

describe('what comes from outside is text and nothing more', () => {
  const places: Record<string, (text: string) => string> = {
    'an email': (email) => hover(known({ email }, [total()])),
    'the name of a model': (name) => hover(known({}, [total({ name }), total()])),
    'the message of an error': (message) =>
      hover({ kind: 'failed', error: new Error(message), offline: false }),
    'the name of the app': (appName) => hover(known({}, [total()]), 1, appName),
    'a meter': (meter) => hover(known({ limits: [limit({ meter: meter as LimitStanding['meter'] })] }, null)),
  }

  function expectText(place: (text: string) => string, text: string): void {
    const markdown = place(text)
    expect(structureOf(markdown)).toBe(structureOf(place('x')))
    expect(iconsIn(markdown)).toEqual(iconsIn(place('x')))
  }

  describe.each(Object.entries(places))('%s', (_name, place) => {
    it.each(HOSTILE)('%j', (text) => {
      expectText(place, text)
    })

    it('made of any of these pieces', () => {
      const pieces = fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.constantFrom(...'\\$()[]<>`\n!~a-')))
      fc.assert(fc.property(pieces, (some) => expectText(place, some.join(''))))
    })
  })

  it('is still readable', () => {
    expect(read(hover(known({ email: 'ada@example.com' }, null)))).toContain('ada@example.com')
    expect(read(hover(known({}, [total({ name: 'gpt-5.1_mini' })])))).toContain('gpt-5.1_mini')
  })
})
