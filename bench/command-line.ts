import { resolve } from 'node:path'

/** @throws naming the option, when `text` is not a whole number of at least 1. */
export function positiveInteger(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`${option}: "${text}" is not a whole number of at least 1.`)
  }
  return value
}

/**
 * Runs a benchmark: prints `help` when there are no options to run with, reports a failure in one message and exit code 1,
 * and lets the first Ctrl-C end the benchmark in order, with its servers stopped and its databases dropped.
 */
export async function runBenchmark<Options>(
  help: string,
  parseOptions: () => Options | null,
  main: (options: Options, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interrupted.abort(new Error('Interrupted.')))
  }
  try {
    const options = parseOptions()
    if (options === null) console.log(help)
    else await main(options, interrupted.signal)
  } catch (error) {
    console.error(interrupted.signal.aborted ? 'Interrupted.' : (error as Error).message)
    process.exitCode = 1
  }
}

/** A path as the caller typed it: npm runs a workspace's script in the workspace's folder. */
export function fromCallersFolder(path: string): string {
  return resolve(process.env.INIT_CWD ?? '.', path)
}
