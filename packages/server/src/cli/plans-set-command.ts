import type { PlanRequest, PlanResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
import { findPlan, planPath } from './find-plan.ts'
import { countUsers, describePlan } from './plan-report.ts'
import { changePlan, namesTerms } from './terms-changes.ts'
import { addTermsOptions, TERMS_OPTIONS, type TermsOptions } from './terms-options.ts'

type SetOptions = ClientOptions & TermsOptions

export function plansSetCommand(): Command {
  const command = clientCommand('set', 'create a plan, or change what is named of it').argument(
    '<name>',
    'the name of the plan: lower-case letters, digits, -, _ and .',
  )
  return addTermsOptions(command, 'plan')
    .addHelpText(
      'after',
      `
A change holds for everybody who has the plan from their very next call on. What is not named stays as it is; in a new
plan it does not hold. Meters are prompts, tokens and cost; windows lifetime, month, week, day and hour (UTC, a week
from Monday).

Examples:
  $ promptmeter plans set pro --limit prompts/month=1000 --limit tokens/day=200000 --limit cost/month=5.00
  $ promptmeter plans set pro --models 'gpt-5*,o4-mini' --requests-per-minute 60 --concurrent-calls 4
  $ promptmeter plans set pro --limit tokens/day=none --models all`,
    )
    .action(async (name: string, options: SetOptions) => {
      if (!namesTerms(options)) {
        throw new CommandFailure(`Nothing to set: say ${TERMS_OPTIONS}.`, EXIT_CODES.usage)
      }
      const client = await connect(options)
      const before = await findPlan(client, name)
      const plan = await client.request<PlanResponse>('PUT', planPath(name), {
        body: changePlan(before === null ? { limits: [] } : grantsOf(before), options),
      })
      print(plan, options, describePlan)
      if (options.json) return
      if (before === null) process.stdout.write(`\nCreated ${plan.name}: no user has it yet.\n`)
      else if (plan.userCount > 0) process.stdout.write(`\n${describeReach(plan)}\n`)
    })
}

/** What may be sent back: the plan without what the server says of it. */
function grantsOf({ name, userCount, updatedAt, ...grants }: PlanResponse): PlanRequest {
  return grants
}

function describeReach({ name, userCount }: PlanResponse): string {
  const have = userCount === 1 ? 'has' : 'have'
  return `It holds from now on for the ${countUsers(userCount)} who ${have} the plan ${name}.`
}
