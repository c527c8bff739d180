import { randomUUID } from 'node:crypto'
import type { UserResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
import { findUser } from './find-user.ts'
import { parseSignedCost, parseSignedCount } from './option-values.ts'
import { describeUser } from './user-report.ts'

interface CorrectOptions extends ClientOptions {
  readonly usage?: number
  readonly tokens?: number
  readonly cost?: number
  readonly model?: string
  readonly source?: string
  readonly at?: string
  readonly reason: string
  readonly key?: string
}

export function correctCommand(): Command {
  return clientCommand('correct', 'amend the usage of a user')
    .argument('<user>', 'the address or the id of the user')
    .option('--usage <number>', 'prompts to add; negative to take away', parseSignedCount)
    .option('--tokens <number>', 'tokens to add; negative to take away', parseSignedCount)
    .option('--cost <dollars>', 'cost to add, in dollars; negative to take away', parseSignedCost)
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--at <instant>', 'the time it amends, such as 2026-11-20T10:00:00Z (default: now)')
    .option('--model <name>', 'the model whose usage it amends')
    .option('--source <name>', 'the source whose usage it amends')
    .option('--key <key>', 'idempotency key: the same one again counts nothing (default: a new one)')
    .addHelpText(
      'after',
      `
It moves the counts of the user and the history at that time, under that model and source, by the same amount; where
one of them would fall below zero nothing happens. Past events stay as they are.

Examples:
  $ promptmeter correct ada@example.com --usage -2 --tokens -900 --reason 'counted twice'
  $ promptmeter correct ada@example.com --cost -0.125 --model gpt-5-mini --reason 'billed twice'
  $ promptmeter correct ada@example.com --usage -1 --at 2026-11-20T10:00:00Z --model gpt-5-mini --reason refund`,
    )
    .action(async (name: string, options: CorrectOptions) => {
      const { usage, tokens, cost, model, source, at, reason, key = randomUUID() } = options
      if (usage === undefined && tokens === undefined && cost === undefined) {
        throw new CommandFailure('Nothing to correct: say --usage, --tokens or --cost.', EXIT_CODES.usage)
      }
      const client = await connect(options)
      const { id } = await findUser(client, name)
      const user = await client
        .request<UserResponse>('POST', `/api/admin/users/${id}/corrections`, {
          body: { usage, tokenCount: tokens, costMicros: cost, model, source, occurredAt: at, reason },
          headers: { 'idempotency-key': key },
          repeatable: true,
        })
        .catch((error: unknown) => {
          throw nameKey(error, key)
        })
      print(user, options, describeUser)
    })
}

/** Without an answer nobody knows whether it was recorded; the same key makes trying again safe. */
function nameKey(error: unknown, key: string): unknown {
  if (!(error instanceof CommandFailure) || error.exitCode !== EXIT_CODES.unreachable) return error
  return new CommandFailure(
    `${error.message}\nThe correction may have been recorded. To make sure, run the same command with: --key ${key}`,
    error.exitCode,
  )
}
