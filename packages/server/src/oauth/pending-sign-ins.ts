import { randomBytes } from 'node:crypto'
import type { SignInMethod } from '@promptmeter/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { User } from '../users/user.ts'

/** A sign-in that an editor, a device or a browser began and its user has not finished. */
export interface PendingSignIn {
  readonly uid: string
  /** What asks for it, in words. */
  readonly client: string
  /** Where forms may end beside our own origin. */
  readonly formTarget: string | undefined
  readonly loginHint: string | undefined
  /** Signs in who proved to be this user. Gives where the browser goes on. */
  complete(user: User, method: SignInMethod, request: FastifyRequest, reply: FastifyReply): Promise<string>
  /** Gives where the browser goes on. */
  cancel(reply: FastifyReply): Promise<string>
}

export interface PendingSignIns {
  /** The one this browser's cookie names, if the path names it too. @throws PromptmeterError `invalid_request` */
  find(request: FastifyRequest, reply: FastifyReply): Promise<PendingSignIn>
}

const BROWSER_UID = /^web-[\w-]{43}$/

/** A name for a sign-in of a browser; those of the OAuth library are shorter. */
export function newBrowserUid(): string {
  return `web-${randomBytes(32).toString('base64url')}`
}

/** Each kind is looked for where it is kept: a browser's never asks the OAuth library, which would have to be loaded. */
export function joinPendingSignIns(ofEditors: PendingSignIns, ofBrowsers: PendingSignIns): PendingSignIns {
  return {
    find(request, reply) {
      const { uid } = request.params as { uid: string }
      return (BROWSER_UID.test(uid) ? ofBrowsers : ofEditors).find(request, reply)
    },
  }
}
