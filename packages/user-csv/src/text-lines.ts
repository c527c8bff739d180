/** Longest line that is read, in characters; none of ours comes near, and memory stays flat whatever the file holds. */
export const MAX_LINE_LENGTH = 64 * 1024

/**
 * The lines of a UTF-8 text, however they end, its byte order mark dropped. A line that is too long comes as null: it is
 * never held as a whole.
 */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  const decoder = new TextDecoder()
  let rest = ''
  let tooLong = false
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() as string
    for (const line of lines) {
      yield tooLong || line.length > MAX_LINE_LENGTH ? null : line
      tooLong = false
    }
    if (rest.length > MAX_LINE_LENGTH) {
      // A half of \r\n may stand at the end of what is dropped.
      rest = rest.endsWith('\r') ? '\r' : ''
      tooLong = true
    }
  }
  const last = (rest + decoder.decode()).replace(/\r$/, '')
  if (tooLong || last.length > MAX_LINE_LENGTH) yield null
  else if (last !== '') yield last
}
