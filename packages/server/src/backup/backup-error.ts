/** A backup or restore that cannot go on, told in words that say what to do. */
export class BackupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BackupError'
  }
}

/** The backup is not what was once written. */
export function damaged(how: string, cause?: unknown): BackupError {
  return new BackupError(`This backup is damaged: ${how}. Nothing was restored; use another copy.`, { cause })
}
