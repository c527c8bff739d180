/** How the process ends, for scripts. Told in `promptmeter --help`. */
export const EXIT_CODES = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unreachable: 5,
} as const

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  failed: not possible as things stand (a user exists already, a plan is in use, a count would fall below zero), bad
     lines in an import, an error of the server
  2  wrong usage of the command line
  3  no such user, session, plan or price
  4  the server refused the admin key, or none was found
  5  the server cannot be reached, or is not ready`

/** A command that cannot go on, in words that say what to do. It is told without a stack. */
export class CommandFailure extends Error {
  readonly exitCode: number
  /** The `code` of the server's refusal, where it was one. */
  readonly refusal: string | undefined

  constructor(message: string, exitCode: number = EXIT_CODES.failure, refusal?: string) {
    super(message)
    this.name = 'CommandFailure'
    this.exitCode = exitCode
    this.refusal = refusal
  }
}
