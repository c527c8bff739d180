import type { AdminLinkResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { formatInstant } from './table.ts'

export function adminLinkCommand(): Command {
  return clientCommand('admin-link', 'print a link that opens the dashboard as the operator, once')
    .addHelpText(
      'after',
      `
Whoever opens the link first is signed in as the operator for twelve hours: give it to nobody. It expires after an hour.

Examples:
  $ promptmeter admin-link
  $ promptmeter admin-link --url https://meter.example.com`,
    )
    .action(async (options: ClientOptions) => {
      const client = await connect(options)
      const link = await client.request<AdminLinkResponse>('POST', '/api/admin/links')
      print(
        link,
        options,
        ({ url, expiresAt }) => `${url}\nCounts once, until ${formatInstant(expiresAt)} UTC.\n`,
      )
    })
}
