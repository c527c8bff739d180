import type { UpdateUserRequest, UserResponse } from '@promptmeter/contract'
import { ROLES, type Role } from '@promptmeter/contract/choices'
import { type Command, Option } from 'commander'
import { type ClientOptions, clientCommand } from './client-command.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
import { parseThreshold, THRESHOLD_HELP, type ThresholdOption, thresholdOf } from './option-values.ts'
import { changeOverrides, namesTerms } from './terms-changes.ts'
import { addTermsOptions, TERMS_OPTIONS, type TermsOptions } from './terms-options.ts'
import { changeUser } from './user-changes.ts'

interface SetOptions extends ClientOptions, TermsOptions {
  readonly threshold?: ThresholdOption
  readonly plan?: string
  readonly role?: Role
}

export function usersSetCommand(): Command {
  const command = clientCommand('set', 'change the plan of a user, or what they have instead of it')
    .argument('<user>', 'the address or the id of the user')
    .option('--plan <name>', 'the plan they have from now on')
    .option('--threshold <limit>', THRESHOLD_HELP, parseThreshold)
    .addOption(new Option('--role <role>', 'whether they may use the admin API').choices(ROLES))
  return addTermsOptions(command, 'user')
    .addHelpText(
      'after',
      `
It holds from the very next call of the user. What is not named stays, also when the plan changes.

Examples:
  $ promptmeter users set ada@example.com --plan pro
  $ promptmeter users set ada@example.com --threshold 500
  $ promptmeter users set ada@example.com --role admin
  $ promptmeter users set ada@example.com --limit tokens/day=50000 --limit cost/month=none
  $ promptmeter users set ada@example.com --limit tokens/day=plan --models plan`,
    )
    .action(async (name: string, options: SetOptions) => {
      refuseTwoThresholds(options)
      const { threshold, plan, role } = options
      if (threshold === undefined && plan === undefined && role === undefined && !namesTerms(options)) {
        throw new CommandFailure(
          `Nothing to set: say --plan, --threshold, --role, ${TERMS_OPTIONS}.`,
          EXIT_CODES.usage,
        )
      }
      await changeUser(name, (user) => changesOf(user, options), options)
    })
}

function refuseTwoThresholds({ limit = [] }: SetOptions): void {
  if (limit.some(({ meter, window }) => meter === 'prompts' && window === 'lifetime')) {
    throw new CommandFailure(
      'The lifetime limit on prompts is the threshold of the user: say --threshold.',
      EXIT_CODES.usage,
    )
  }
}

function changesOf({ overrides }: UserResponse, options: SetOptions): UpdateUserRequest {
  const { threshold, plan, role } = options
  return {
    ...(plan !== undefined && { plan }),
    ...(role !== undefined && { role }),
    ...(threshold !== undefined && { threshold: thresholdOf(threshold) }),
    ...(namesTerms(options) && { overrides: changeOverrides(overrides, options) }),
  }
}
