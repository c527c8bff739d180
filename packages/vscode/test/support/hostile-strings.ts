/** What a server, or whoever names themselves there, might send to be more than text. */
export const HOSTILE: readonly string[] = [
  '[click](command:workbench.action.quit)',
  '](command:workbench.action.quit)',
  'a](command:workbench.action.quit) [b',
  '[click][1]\n\n[1]: https://evil.example',
  '![](https://evil.example/pixel.png)',
  '<https://evil.example>',
  '<a href="command:x">x</a>',
  '<img src=x onerror=alert(1)>',
  '<!-- -->',
  'https://evil.example/path',
  'www.evil.example',
  'eve@evil.example',
  '&lt;b&gt; &#36;(trash) &dollar;(trash)',
  '$(trash)',
  '\\$(trash)',
  '\\\\$(trash)',
  '$$(loading~spin)',
  '$(trash)$(bell)',
  '\\[x](command:y)',
  '\\\\[x](command:y)',
  '\n# heading',
  '\r# heading',
  '\n\n- item\n\n1. item\n\n1) item\n+ item\n* item',
  'a\n---\nb\n===\n\n***\n___',
  '\n    code',
  '\n```\ncode\n```\n~~~\n',
  '`code` **bold** __bold__ ~~gone~~',
  '\n> quote',
  '| a | b |\n|---|---|\n| c | d |',
  'line\u2028separator\u2029[x](command:y)',
  '\\',
]

const ESCAPED = /\\([!-/:-@[-`{-~])/g
const ICON = /(\\)?\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/g

/** What is left of Markdown that could mean something in it: no letters, and nothing that is escaped. */
export function structureOf(markdown: string): string {
  return markdown.replace(ESCAPED, '').replace(/[\p{L}\p{N} "'=%,;?^$]/gu, '')
}

/** The icons that the editor finds: after the Markdown was read, unless a backslash is left before them. */
export function iconsIn(markdown: string): string[] {
  const read = markdown.replace(ESCAPED, '$1')
  return [...read.matchAll(ICON)].filter(([, escaped]) => escaped === undefined).map(([icon]) => icon)
}
