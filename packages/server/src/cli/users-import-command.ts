import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { ColumnError, type Header, importLines, KNOWN_COLUMNS } from '@promptmeter/user-csv'
import type { Command } from 'commander'
import type { AdminClient } from './admin-client.ts'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
import { ImportSender } from './import-sender.ts'
import { ProgressBar } from './progress-bar.ts'
import { formatCount } from './table.ts'

interface ImportOptions extends ClientOptions {
  readonly ignoreUnknown?: boolean
}

/** What became of the lines of a file. */
interface ImportSummary {
  added: number
  existed: number
  invalid: number
}

export function usersImportCommand(): Command {
  return clientCommand('import', 'add users from a CSV file, with what an older backend had counted')
    .argument('<file>', 'the file; - for standard input')
    .option('--ignore-unknown', 'take the file although it has columns that are not known')
    .addHelpText(
      'after',
      `
The first line names the columns, in any order and case: ${KNOWN_COLUMNS}.
Only email is needed. The counts become an opening event at createdAt (UTC unless it says otherwise).

It can be run again, also after it was interrupted: a user who is there already is left as they are, and nothing counts
twice. A bad line is reported with its number and left out; then the exit code is 1.

Examples:
  $ promptmeter users import old-users.csv
  $ psql -c "copy users (email, prompt_count, created_at) to stdout csv header" | promptmeter users import -`,
    )
    .action(async (file: string, options: ImportOptions) => {
      const client = await connect(options)
      // The key and the address are proven before anything is read.
      await client.request('GET', '/api/admin/users', { query: { limit: 1 } })
      const source = await openSource(file)
      const summary = await importUsers(client, source, options)
      print(summary, options, describeSummary)
      if (summary.invalid > 0) throw new CommandFailure('Some lines were left out: see above.')
    })
}

interface Source {
  readonly chunks: AsyncIterable<Uint8Array>
  /** In bytes; null when nobody knows. */
  readonly size: number | null
}

async function openSource(file: string): Promise<Source> {
  if (file === '-') return { chunks: process.stdin, size: null }
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(
      error.code === 'ENOENT' ? `There is no file ${file}.` : `Cannot read ${file} (${error.code}).`,
      EXIT_CODES.usage,
    )
  })
  if (found.isDirectory()) throw new CommandFailure(`${file} is a folder.`, EXIT_CODES.usage)
  // What is no plain file, such as a pipe, has no size to speak of.
  return { chunks: createReadStream(file), size: found.isFile() ? found.size : null }
}

async function importUsers(
  client: AdminClient,
  { chunks, size }: Source,
  options: ImportOptions,
): Promise<ImportSummary> {
  const summary: ImportSummary = { added: 0, existed: 0, invalid: 0 }
  const bar = new ProgressBar(process.stderr, size)
  let bytesRead = 0
  const counted = async function* () {
    for await (const chunk of chunks) {
      bytesRead += chunk.length
      yield chunk
    }
  }
  const reject = (line: number, problem: string) => {
    summary.invalid++
    bar.writeLine(`line ${line}: ${problem}`)
  }
  const sender = new ImportSender(client, (line, { outcome, error }) => {
    if (outcome === 'added') summary.added++
    else if (outcome === 'exists') summary.existed++
    else reject(line, error ?? 'The server refused it.')
    const { added, existed, invalid } = summary
    bar.update(bytesRead, `${formatCount(added)} added, ${formatCount(existed)} there before, ${invalid} bad`)
  })

  try {
    for await (const { line, row, problem } of importLines(counted(), (header) =>
      checkHeader(header, options),
    )) {
      if (row === null) reject(line, problem)
      else await sender.send({ line, row })
    }
    await sender.finish()
  } catch (error) {
    bar.clear()
    throw error instanceof ColumnError ? new CommandFailure(error.message) : interrupted(error, summary)
  }
  bar.clear()
  return summary
}

function checkHeader({ unknown }: Header, { ignoreUnknown }: ImportOptions): void {
  if (unknown.length === 0 || ignoreUnknown) return
  throw new CommandFailure(
    `The file has columns that are not known: ${unknown.join(', ')}. Known are: ${KNOWN_COLUMNS}.\n` +
      'To import it without them, say --ignore-unknown.',
  )
}

/** Says how far it came and that nothing is lost by starting over. */
function interrupted(error: unknown, { added, existed }: ImportSummary): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  const failure =
    error instanceof CommandFailure || code === undefined
      ? error
      : new CommandFailure(`Cannot read the file: ${message}.`)
  if (!(failure instanceof CommandFailure) || added + existed === 0) return failure
  return new CommandFailure(
    `${failure.message}\n${formatCount(added)} users had been added. Run the same import again: it leaves them as they are.`,
    failure.exitCode,
  )
}

function describeSummary({ added, existed, invalid }: ImportSummary): string {
  return (
    `${formatCount(added)} added, ${formatCount(existed)} there before and left as they are, ` +
    `${formatCount(invalid)} bad ${invalid === 1 ? 'line' : 'lines'} left out.\n`
  )
}
