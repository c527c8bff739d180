/** Small enough that reading one keeps nobody from typing. */
const CHUNK_BYTES = 64 * 1024

/** A file in pieces, read as they are asked for; between them the page can do something else. @throws AbortError */
export async function* fileChunks(
  file: Blob,
  signal: AbortSignal,
  onRead?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < file.size; start += CHUNK_BYTES) {
    signal.throwIfAborted()
    const end = Math.min(start + CHUNK_BYTES, file.size)
    yield new Uint8Array(await file.slice(start, end).arrayBuffer())
    onRead?.(end)
  }
}
