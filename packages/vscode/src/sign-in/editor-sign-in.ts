import {
  type CodeSignIn,
  discover,
  type OAuthServer,
  type PromptmeterClient,
  SignInError,
  startCodeSignIn,
  startDeviceSignIn,
} from '@promptmeter/client'
import * as vscode from 'vscode'
import { type AnswerInbox, createAnswerInbox } from '../core/answer-inbox.ts'
import { type SignInWay, signInWays } from '../core/sign-in-ways.ts'
import type { Platform } from '../platform/platform.ts'
import type { CallbackUris } from './callback-uris.ts'
import { withCancel } from './cancellable.ts'

export interface EditorSignInParts {
  readonly client: PromptmeterClient
  readonly appName: string
  readonly callbacks: CallbackUris
  readonly platform: Platform
}

const QUESTIONS: Record<SignInWay, { label: string; detail: string }> = {
  link: {
    label: '$(link-external) Sign in in the browser',
    detail: 'The browser leads back here by itself.',
  },
  loopback: {
    label: '$(plug) Sign in in the browser of this computer',
    detail: 'For an editor that links from the browser do not reach.',
  },
  device: {
    label: '$(device-mobile) Enter a code on any device',
    detail: 'For a browser on another computer, or on a phone.',
  },
  paste: {
    label: '$(clippy) Copy a code from the browser',
    detail: 'When nothing leads back here.',
  },
}

/**
 * Signs in with the best way that can end; who cancels it is offered the others.
 * @throws PromptmeterError; vscode.CancellationError once the user has had enough
 */
export async function signInFromEditor(parts: EditorSignInParts): Promise<string> {
  const { client, callbacks, platform } = parts
  const [server, callback] = await Promise.all([discover(client.transport), callbacks.address()])
  const canListen = platform.startLoopbackServer !== null && vscode.env.remoteName === undefined
  const ways = signInWays({ callback, canListen }, server)
  let way: SignInWay | undefined = ways[0]
  while (way !== undefined) {
    const token = await signInBy(way, parts, server, callback)
    if (token !== null) return token
    way = await askForWay(ways)
  }
  throw new vscode.CancellationError()
}

async function askForWay(ways: readonly SignInWay[]): Promise<SignInWay | undefined> {
  const items = ways.map((way) => ({ ...QUESTIONS[way], way }))
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Sign in another way?',
    placeHolder: 'Escape to stay signed out',
    ignoreFocusOut: true,
  })
  return picked?.way
}

/** Null when the user cancelled this way. */
async function signInBy(
  way: SignInWay,
  parts: EditorSignInParts,
  server: OAuthServer,
  callback: string,
): Promise<string | null> {
  switch (way) {
    case 'link': {
      const inbox = createAnswerInbox()
      const delivery = parts.callbacks.deliverTo(inbox)
      return inBrowser(parts, server, callback, inbox).finally(() => delivery.dispose())
    }
    case 'loopback': {
      const inbox = createAnswerInbox()
      const loopback = await parts.platform.startLoopbackServer?.(inbox)
      if (loopback === undefined) return null
      return inBrowser(parts, server, loopback.redirectUri, inbox).finally(loopback.close)
    }
    case 'device':
      return onDevice(parts, server)
    case 'paste':
      return byPastedCode(parts, server)
  }
}

async function inBrowser(
  { client, appName }: EditorSignInParts,
  server: OAuthServer,
  redirectUri: string,
  inbox: AnswerInbox,
): Promise<string | null> {
  const signIn = await startCodeSignIn(client, { redirectUri, server })
  await openInBrowser(signIn.url)
  const title = `${appName}: finish signing in in your browser. It leads back here. Cancel to sign in another way.`
  return withCancel(title, (signal) => redeemOwn(signIn, inbox, signal))
}

/** An answer to another sign-in ends nothing: another window may have begun it, and anybody can open our link. */
async function redeemOwn(signIn: CodeSignIn, inbox: AnswerInbox, signal: AbortSignal): Promise<string> {
  for (;;) {
    const answer = await inbox.take(signal)
    try {
      return await signIn.redeem(answer, signal)
    } catch (error) {
      if (!(error instanceof SignInError) || error.reason !== 'state_mismatch') throw error
    }
  }
}

async function onDevice({ client, appName }: EditorSignInParts, server: OAuthServer): Promise<string | null> {
  const device = await startDeviceSignIn(client, { server })
  const copyAndOpen = 'Copy code and open'
  const { host } = new URL(device.verificationUri)
  const chosen = await vscode.window.showInformationMessage(
    `Your code is ${device.userCode}`,
    {
      modal: true,
      detail: `Enter it at ${device.verificationUri}, on this computer or any other. Only enter codes there that this editor shows you.`,
    },
    copyAndOpen,
    'I have entered it elsewhere',
  )
  if (chosen === undefined) return null
  if (chosen === copyAndOpen) {
    await vscode.env.clipboard.writeText(device.userCode)
    await openInBrowser(device.verificationUri)
  }
  const title = `${appName}: enter ${device.userCode} at ${host}. Cancel to sign in another way.`
  return withCancel(title, (signal) => device.token(signal))
}

async function byPastedCode(
  { client, appName }: EditorSignInParts,
  server: OAuthServer,
): Promise<string | null> {
  const signIn = await startCodeSignIn(client, { server })
  await openInBrowser(signIn.url)
  const code = await vscode.window.showInputBox({
    title: `${appName}: sign in`,
    prompt: 'Sign in in the browser, then paste the code that it shows.',
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? 'Paste the code from the browser.' : undefined),
  })
  return code === undefined ? null : signIn.redeemCode(code)
}

/**
 * Where no browser opens, the link can be taken to one. The editor takes text where its types say Uri, and leaves it as it
 * is: a Uri would lose what is escaped in the redirect within the query.
 */
async function openInBrowser(url: string): Promise<void> {
  const opened = await vscode.env.openExternal(url as unknown as vscode.Uri)
  if (opened) return
  const copy = 'Copy the link'
  const chosen = await vscode.window.showWarningMessage('No browser was opened.', copy)
  if (chosen === copy) await vscode.env.clipboard.writeText(url)
}
