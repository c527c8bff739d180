import type { PlanListResponse } from '@promptmeter/contract'
import { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { getPlan } from './find-plan.ts'
import { describePlan, describePlans } from './plan-report.ts'
import { plansRemoveCommand } from './plans-remove-command.ts'
import { plansSetCommand } from './plans-set-command.ts'

export function plansCommand(): Command {
  return new Command('plans')
    .description('list, show, create, change and remove plans: what users are granted')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(plansSetCommand())
    .addCommand(plansRemoveCommand())
    .addHelpText(
      'after',
      `
Whoever has no other plan has the one called free.

Examples:
  $ promptmeter plans set pro --limit prompts/month=1000 --limit cost/month=5.00 --models 'gpt-5*,o4-mini'
  $ promptmeter users set ada@example.com --plan pro
  $ promptmeter plans list`,
    )
}

function listCommand(): Command {
  return clientCommand('list', 'list plans, with how many users have each')
    .addHelpText('after', '\nExample:\n  $ promptmeter plans list')
    .action(async (options: ClientOptions) => {
      const client = await connect(options)
      const answer = await client.request<PlanListResponse>('GET', '/api/admin/plans')
      print(answer, options, ({ plans }) => describePlans(plans))
    })
}

function showCommand(): Command {
  return clientCommand('show', 'show a plan')
    .argument('<name>', 'the name of the plan')
    .addHelpText('after', '\nExample:\n  $ promptmeter plans show free')
    .action(async (name: string, options: ClientOptions) => {
      print(await getPlan(await connect(options), name), options, describePlan)
    })
}
