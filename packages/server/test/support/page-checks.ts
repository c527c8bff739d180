import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Nothing on the page breaks a rule of accessibility. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  // Handed in beside the page's own policy, which rightly lets no such script in.
  await page.evaluate(AXE)
  const violations = await page.evaluate(async (rules) => {
    // biome-ignore lint/suspicious/noExplicitAny: axe puts itself there
    const result = await (globalThis as any).axe.run({ runOnly: rules })
    return result.violations.map(
      ({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
        `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
    )
  }, RULES)
  expect(violations, name).toEqual([])
}

/** The page is not wider than its window. */
export async function expectFitting(page: Page, name: string): Promise<void> {
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  expect(overflow, `${name} is as wide as the window`).toBe(0)
}
