const DOLLARS = /^(\d+)(?:\.(\d{1,6}))?$/

/** The micro-dollars of an amount in dollars such as `1.25`, exactly; null for what is none or is past what JSON carries. */
export function parseDollars(text: string): number | null {
  const parts = DOLLARS.exec(text)
  if (parts === null) return null
  const [, dollars = '', fraction = ''] = parts
  const micros = BigInt(dollars + fraction.padEnd(6, '0'))
  return micros > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(micros)
}

const GROUPED = new Intl.NumberFormat('en-US')

/** Micro-dollars as dollars, with every digit that counts and at least two after the point. */
export function formatDollars(micros: number): string {
  const dollars = GROUPED.format(Math.floor(micros / 1_000_000))
  const fraction = String(micros % 1_000_000).padStart(6, '0')
  return `$${dollars}.${fraction.replace(/0{1,4}$/, '')}`
}
