import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  foldLabels,
  MAX_LABELS_PER_DAY,
  MAX_PAIRS_PER_DAY,
  OTHER,
  type UsageLabels,
} from '../src/ledger/usage-labels.ts'

const models = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ model: `m${index}`, source: 's' }))

/** A day's rollups after these events, in their order. */
function foldAll(events: readonly UsageLabels[]): { known: UsageLabels[]; folded: UsageLabels[] } {
  const known: UsageLabels[] = []
  const folded = events.map((event) => {
    const labels = foldLabels(event, known)
    if (!known.some(({ model, source }) => model === labels.model && source === labels.source))
      known.push(labels)
    return labels
  })
  return { known, folded }
}

describe('the labels of a day', () => {
  it('are kept apart up to 100 models, then counted as other', () => {
    expect(foldLabels({ model: 'new', source: 's' }, models(99))).toEqual({ model: 'new', source: 's' })
    expect(foldLabels({ model: 'new', source: 's' }, models(100))).toEqual({ model: OTHER, source: 's' })
    expect(foldLabels({ model: 'm7', source: 's' }, models(100))).toEqual({ model: 'm7', source: 's' })
  })

  it('fold a source without folding its model', () => {
    const known = models(100).map(({ model }) => ({ model: 'm', source: model }))
    expect(foldLabels({ model: 'm', source: 'new' }, known)).toEqual({ model: 'm', source: OTHER })
    expect(foldLabels({ model: 'new', source: 'm3' }, known)).toEqual({ model: 'new', source: 'm3' })
  })

  it('never fold an event that names none', () => {
    expect(foldLabels({ model: '', source: '' }, models(100))).toEqual({ model: '', source: '' })
  })

  it('do not count none and other among the 100', () => {
    const known = [{ model: '', source: '' }, { model: OTHER, source: OTHER }, ...models(99)]
    expect(foldLabels({ model: 'new', source: 's' }, known).model).toBe('new')
  })

  it('stay bounded whatever events come: models, sources and pairs', () => {
    const event = fc.record({
      model: fc.nat(150).map((index) => (index === 0 ? '' : `m${index}`)),
      source: fc.nat(150).map((index) => (index === 0 ? '' : `s${index}`)),
    })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1000, maxLength: 2000, size: 'max' }), (events) => {
        const { known } = foldAll(events)
        // One more for those that name none, and one for other.
        expect(new Set(known.map(({ model }) => model)).size).toBeLessThanOrEqual(MAX_LABELS_PER_DAY + 2)
        expect(new Set(known.map(({ source }) => source)).size).toBeLessThanOrEqual(MAX_LABELS_PER_DAY + 2)
        expect(known.length).toBeLessThanOrEqual(MAX_PAIRS_PER_DAY + 1)
      }),
      { numRuns: 5 },
    )
  })

  it('are kept the same way each time once they are known', () => {
    const { known, folded } = foldAll(models(120))
    for (const labels of folded) expect(foldLabels(labels, known)).toEqual(labels)
  })
})
