import { useCallback, useEffect, useRef, useState } from 'react'
import { fileChunks } from './file-chunks.ts'
import { type ImportPreview, previewImport } from './import-preview.ts'

export interface FilePreview {
  readonly file: File
  /** How much of the file was read, from 0 to 1. */
  readonly readShare: number
  /** Null while it is read. */
  readonly preview: ImportPreview | null
  readonly error: Error | null
}

/** A file that was chosen, and what is in it. */
export function useFilePreview() {
  const [shown, setShown] = useState<FilePreview | null>(null)
  const reading = useRef(new AbortController())
  useEffect(() => () => reading.current.abort(), [])

  const choose = useCallback(async (file: File | null) => {
    reading.current.abort()
    reading.current = new AbortController()
    const { signal } = reading.current
    if (file === null) return setShown(null)
    const show = (changes: Partial<FilePreview>) => {
      if (!signal.aborted) setShown({ file, readShare: 0, preview: null, error: null, ...changes })
    }
    show({})
    try {
      const chunks = fileChunks(file, signal, (bytes) => show({ readShare: bytes / file.size }))
      show({ readShare: 1, preview: await previewImport(chunks) })
    } catch (error) {
      show({ error: error as Error })
    }
  }, [])
  return { shown, choose }
}
