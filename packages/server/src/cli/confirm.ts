import { createInterface } from 'node:readline/promises'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'

/** What is typed, and what asks for it; a terminal, and in tests any streams. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

export const TERMINAL: Terminal = { input: process.stdin, output: process.stderr }

/** @throws CommandFailure where nobody can be asked */
export function requireSomebody(): void {
  if (process.stdin.isTTY) return
  throw new CommandFailure(
    'Nobody is here to confirm this: say --yes to go on without being asked.',
    EXIT_CODES.usage,
  )
}

/** Asks and waits until `expected` was typed, in any case. @throws CommandFailure with `otherwise` when it is not */
export async function confirm(
  question: string,
  expected: string,
  otherwise: string,
  { input, output }: Terminal = TERMINAL,
): Promise<void> {
  const terminal = createInterface({ input, output })
  // Ctrl-D closes without an answer.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  try {
    const typed = await Promise.race([terminal.question(question), closed])
    if (typed.trim().toLowerCase() !== expected) throw new CommandFailure(otherwise)
  } finally {
    terminal.close()
  }
}
