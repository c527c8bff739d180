import type { DEFAULT_PLAN, PlanResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { CommandFailure } from './command-failure.ts'
import { confirm, requireSomebody } from './confirm.ts'
import { getPlan, planPath } from './find-plan.ts'
import { countUsers } from './plan-report.ts'

interface RemoveOptions extends ClientOptions {
  readonly yes?: boolean
}

const BUILT_IN: typeof DEFAULT_PLAN = 'free'

export function plansRemoveCommand(): Command {
  return clientCommand('remove', 'delete a plan that no user has')
    .argument('<name>', 'the name of the plan')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  $ promptmeter plans remove trial
  $ promptmeter plans remove trial --yes`,
    )
    .action(async (name: string, options: RemoveOptions) => {
      if (!options.yes) requireSomebody()
      const client = await connect(options)
      const plan = await getPlan(client, name)
      refuseInUse(plan)
      if (!options.yes) {
        const question = `This deletes the plan ${plan.name}, which no user has.\nType its name to go on: `
        await confirm(question, plan.name, 'Nothing was removed.')
      }
      await client.request('DELETE', planPath(plan.name))
      print(plan, options, () => `Removed the plan ${plan.name}.\n`)
    })
}

/** The server refuses it as well; here it can be said who is concerned, before anything is asked. */
function refuseInUse({ name, userCount }: PlanResponse): void {
  if (name === BUILT_IN) {
    throw new CommandFailure(
      `The plan ${name} is that of everybody who has no other: it may be changed, never removed.`,
    )
  }
  if (userCount === 0) return
  const have = userCount === 1 ? 'has' : 'have'
  throw new CommandFailure(
    `${countUsers(userCount)} ${have} the plan ${name}. Give them another first: ` +
      'promptmeter users set <user> --plan <name>',
  )
}
