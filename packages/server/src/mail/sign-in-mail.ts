import type { RequestOrigin } from '../audit/audit-event.ts'
import { html } from '../pages/html.ts'
import { mailPage } from './mail-page.ts'
import type { Mail } from './mailer.ts'

export interface SignInMailParts {
  readonly appName: string
  readonly to: string
  /** Six digits. */
  readonly code: string
  /** How long the code counts. */
  readonly minutes: number
  /** Who asked for it, as far as that is known. */
  readonly origin: RequestOrigin
}

/** The mail that carries a code. It holds no link, so nobody learns to press one. */
export function signInMail({ appName, to, code, minutes, origin }: SignInMailParts): Mail & {
  readonly consoleLine: string
} {
  const intro = `Somebody, probably you, is signing in to ${appName} with this address. This is the code to enter there:`
  const lifetime = `It counts once, for ${minutes} minutes.`
  const asked = `Asked for by ${askedBy(origin)}.`
  const warning =
    `If that was not you, ignore this mail: without the code nobody gets in. ` +
    `Nobody from ${appName} will ever ask you for it.`
  return {
    to,
    // Without the code: lock screens show subjects and the first words of a mail, and mail servers log subjects.
    subject: `Your sign-in code for ${appName}`,
    text: `${intro}\n\n${code}\n\n${lifetime}\n\n${asked}\n\n${warning}\n`,
    html: renderHtml({ appName, intro, code, lifetime, asked, warning }),
    consoleLine: `Sign-in code for ${to}: ${code} (counts for ${minutes} minutes)`,
  }
}

const CODE_BOX =
  'display:inline-block;margin:8px 0;padding:12px 20px;border:1px solid #888;border-radius:8px;' +
  'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:30px;letter-spacing:3px'

/** The gap in the code is a margin, so what is copied has none. */
function renderHtml(parts: Record<'appName' | 'intro' | 'code' | 'lifetime' | 'asked' | 'warning', string>) {
  const { appName, intro, code, lifetime, asked, warning } = parts
  return mailPage(
    appName,
    html`<p style="margin:0 0 12px">${intro}</p>
<p style="margin:0"><strong style="${CODE_BOX}"><span>${code.slice(0, 3)}</span><span style="margin-left:14px">${code.slice(3)}</span></strong></p>
<p style="margin:12px 0">${lifetime}</p>
<p style="margin:12px 0">${asked}</p>
<p style="margin:12px 0 0">${warning}</p>`,
  )
}

const MAX_CLIENT_NAME_LENGTH = 40

function askedBy({ ip, clientName }: RequestOrigin): string {
  const name = clientName === null ? '' : plainName(clientName)
  return name === '' ? `somebody at ${ip}` : `“${name}” at ${ip}`
}

/**
 * A client's name without what mail programs make links of. Whoever begins a sign-in chooses it, for any address: it
 * must not become a message of theirs.
 */
function plainName(name: string): string {
  const words = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N} ()+_.-]/gu, ' ')
    .replace(/\.(?!\d)/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
  return [...words].slice(0, MAX_CLIENT_NAME_LENGTH).join('').trim()
}
