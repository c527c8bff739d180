/** Keeps a secret of ours out of what an upstream sends. Give it whole texts: it cannot see a secret cut in two. */
export interface Redactor {
  /** The same buffer when the secret is not in it, else a copy. Its length stays, so that Content-Length holds. */
  redact(bytes: Buffer): Buffer
  redactText(text: string): string
  contains(text: string): boolean
}

/** Shorter ones would mangle ordinary text: a local upstream's key may be `none` or `ollama`. */
const MIN_SECRET_LENGTH = 8

/** Puts asterisks over each occurrence of `secret`, as it is or escaped in JSON. Finds nothing where there is none. */
export function createRedactor(secret: string | null): Redactor {
  const forms = secret === null || secret.length < MIN_SECRET_LENGTH ? [] : formsOf(secret)
  const needles = forms.map((form) => Buffer.from(form))
  return {
    redact: (bytes) => needles.reduce(coverBytes, bytes),
    redactText: (text) => forms.reduce((rest, form) => rest.replaceAll(form, '*'.repeat(form.length)), text),
    contains: (text) => forms.some((form) => text.includes(form)),
  }
}

/** Escaped first: it may hold the secret itself, and covering only that would leave a backslash that escapes `*`. */
function formsOf(secret: string): string[] {
  return [...new Set([JSON.stringify(secret).slice(1, -1), secret])]
}

function coverBytes(bytes: Buffer, needle: Buffer): Buffer {
  let at = bytes.indexOf(needle)
  if (at === -1) return bytes
  const covered = Buffer.from(bytes)
  for (; at !== -1; at = bytes.indexOf(needle, at + needle.length)) covered.fill('*', at, at + needle.length)
  return covered
}
