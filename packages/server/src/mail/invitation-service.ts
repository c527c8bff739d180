import { PromptmeterError } from '../promptmeter-error.ts'
import { invitationMail } from './invitation-mail.ts'
import type { Mailer } from './mailer.ts'

/** Sends one invitation; returns at once. */
export type SendInvitation = (to: string, serverUrl: string) => void

export type InvitationService = ReturnType<typeof createInvitationService>

/** @param mailer null where the server sends no mail */
export function createInvitationService(mailer: Mailer | null, appName: string) {
  return {
    /** To be asked for before somebody is added. @throws PromptmeterError `mail_not_configured` */
    requireSender(): SendInvitation {
      if (mailer === null) {
        throw new PromptmeterError(
          'mail_not_configured',
          'This server sends no mail: tell them yourself where to sign in.',
        )
      }
      return (to, serverUrl) => mailer.send(invitationMail({ appName, to, serverUrl }))
    },
  }
}
