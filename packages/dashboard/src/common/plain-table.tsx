import type { ReactNode } from 'react'
import css from './plain-table.module.css'

export interface PlainTableProps {
  /** What it holds, for who cannot see it. */
  readonly label: string
  /** In pixels; it is scrolled sideways where there is less room. Left out for a table that fits anywhere. */
  readonly minWidth?: number
  readonly children: ReactNode
}

/** A table of native rows. Mantine's own brings a scroll area along, a tenth of what My usage may weigh. */
export function PlainTable({ label, minWidth, children }: PlainTableProps) {
  if (minWidth === undefined) {
    return (
      <table className={css.table} aria-label={label}>
        {children}
      </table>
    )
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled has to be reached by the keyboard
    <section className={css.frame} aria-label={label} tabIndex={0}>
      <table className={css.table} style={{ minWidth }}>
        {children}
      </table>
    </section>
  )
}

/** Class names: `end` for numbers, `ended` for rows that are over; `wide` and `narrow` for what is shown there alone. */
export const cell = css
