import type { PromptmeterClient, Session } from '@promptmeter/client'
import * as vscode from 'vscode'
import { inert } from './core/wording.ts'

/** Where the user is signed in, and the end of it. */
export async function showSessionMenu(client: PromptmeterClient, appName: string): Promise<void> {
  const sessions = (await client.sessions.list()).filter(isLive)
  const everywhereElse = { label: '$(close-all) Sign out everywhere else', session: null }
  const items = [
    ...sessions.map((session) => ({
      label: `$(${session.current ? 'check' : 'device-desktop'}) ${clientName(session)}`,
      description: session.current ? 'this editor' : '',
      detail: `Signed in ${localTime(session.createdAt)}, last used ${localTime(session.lastUsedAt)}`,
      session,
    })),
    ...(sessions.length > 1 ? [everywhereElse] : []),
  ]
  const picked = await vscode.window.showQuickPick(items, {
    title: `${appName}: where you are signed in`,
    placeHolder: 'Choose one to end it',
  })
  if (picked === undefined) return
  const what = picked.session === null ? 'all other sessions' : sessionName(picked.session)
  const end = 'Sign out'
  const detail = 'Whoever uses it there has to sign in again. Named API keys stay as they are.'
  const question = `Sign out ${what}?`
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, end)) !== end) return
  if (picked.session === null) await client.sessions.revokeOthers()
  else await client.sessions.revoke(picked.session.id)
  void vscode.window.showInformationMessage(`${appName}: signed out ${what}.`)
}

function isLive({ revokedAt, expiresAt }: Session): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now())
}

function sessionName(session: Session): string {
  return session.current ? 'this editor' : clientName(session)
}

function clientName({ clientName }: Session): string {
  return inert(clientName ?? 'an unnamed client')
}

function localTime(instant: string | null): string {
  if (instant === null) return 'never'
  return new Date(instant).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}
