import css from './overview.module.css'

export interface ShareBarProps {
  /** 1 for all of it. */
  readonly share: number
  /** A colour of the theme with its shade. */
  readonly color: string
}

/** A share for the eye; the number stands beside it. */
export function ShareBar({ share, color }: ShareBarProps) {
  const width = `${Math.min(1, share) * 100}%`
  return (
    <span className={css.bar} aria-hidden="true">
      <span style={{ width, background: `var(--mantine-color-${color})` }} />
    </span>
  )
}
