/** Browsers in the order in which they have to be looked for: each carries the names of others along. */
const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const

const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const

/** What a session calls itself, in words where it is a browser at this page: `Dashboard in Firefox on Linux`. */
export function clientWords(name: string): string {
  if (!name.startsWith('dashboard ')) return name
  const browser = BROWSERS.find(([mark]) => name.includes(mark))?.[1] ?? 'a browser'
  const system = SYSTEMS.find(([mark]) => name.includes(mark))?.[1]
  return `Dashboard in ${browser}${system === undefined ? '' : ` on ${system}`}`
}
