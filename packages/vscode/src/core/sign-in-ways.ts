import type { OAuthServer } from '@promptmeter/client'

/**
 * How a sign-in comes back to the editor: by a link to it, by a server on this computer, by a code that the user enters
 * somewhere else, or by one that the user copies here.
 */
export type SignInWay = 'link' | 'loopback' | 'device' | 'paste'

export interface EditorFacts {
  /** What `env.asExternalUri` made of the extension's own address. */
  readonly callback: string
  /** Whether this code runs where it can listen on this computer's loopback address. */
  readonly canListen: boolean
}

/** The ways that can end, the best first. The first is taken; the others are there for who cancels it. */
export function signInWays({ callback, canListen }: EditorFacts, server: OAuthServer): SignInWay[] {
  return [
    ...(isRedirectTaken(callback, server) ? ['link' as const] : []),
    ...(canListen ? ['loopback' as const] : []),
    'device',
    'paste',
  ]
}

/** Whether the server would lead back there. One that does not say is asked with what it takes by default. */
function isRedirectTaken(callback: string, server: OAuthServer): boolean {
  const { protocol, origin, hostname } = new URL(callback)
  if (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return true
  if (protocol === 'https:' || protocol === 'http:') {
    return server.promptmeter_redirect_origins?.includes(origin) ?? false
  }
  return server.promptmeter_redirect_schemes?.includes(protocol.slice(0, -1)) ?? protocol.startsWith('vscode')
}
