import { html } from '../pages/html.ts'
import { mailPage } from './mail-page.ts'
import type { Mail } from './mailer.ts'

export interface InvitationMailParts {
  readonly appName: string
  readonly to: string
  /** Where people reach this server. */
  readonly serverUrl: string
}

/** The mail that says where to sign in. It lets nobody in: whoever signs in proves the address then. */
export function invitationMail({ appName, to, serverUrl }: InvitationMailParts): Mail & {
  readonly consoleLine: string
} {
  const intro = `There is an account for this address at ${appName}. Sign in with it in your editor, or here:`
  const proof = 'You will be asked to prove that the address is yours.'
  const warning = 'If you did not expect this, ignore this mail: nothing follows from it.'
  return {
    to,
    subject: `${appName}: you have been invited`,
    text: `${intro}\n\n${serverUrl}\n\n${proof}\n\n${warning}\n`,
    html: mailPage(
      appName,
      html`<p style="margin:0 0 12px">${intro}</p>
<p style="margin:0"><a href="${serverUrl}">${serverUrl}</a></p>
<p style="margin:12px 0">${proof}</p>
<p style="margin:12px 0 0">${warning}</p>`,
    ),
    consoleLine: `Invitation for ${to}: sign in at ${serverUrl}`,
  }
}
