const MAX_LENGTH = 200

/** A plain word, or an id of ours. Anything else in a path may be a secret or an address that somebody pasted. */
const HARMLESS = /^(?:[\w.~-]{0,24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** The path of a URL as a log may keep it: without its query, bounded, each doubtful segment replaced by `*`. */
export function loggablePath(url: string): string {
  const end = url.search(/[?#;]/)
  const path = end === -1 ? url : url.slice(0, end)
  return path
    .slice(0, MAX_LENGTH)
    .split('/')
    .map((segment) => (HARMLESS.test(segment) ? segment : '*'))
    .join('/')
}
