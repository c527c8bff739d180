import { html } from '../pages/html.ts'
import type { Mail } from './mailer.ts'

export interface SignInMail {
  readonly appName: string
  readonly to: string
  readonly code: string
  readonly minutes: number
  /** Where the sign-in began. */
  readonly origin: { readonly ip: string; readonly clientName: string | null }
}

/**
 * The code is not in the subject: that shows on a locked screen. There are no links, so that nobody learns to click on
 * those of others.
 */
export function signInMail({ appName, to, code, minutes, origin }: SignInMail): Mail {
  const asked = `${origin.clientName ?? 'an unknown program'}, from ${origin.ip}`
  const sentence = `It counts for ${minutes} minutes, once.`
  const warning =
    'Give it to nobody: we never ask for it. If you did not ask for this mail, you need do nothing.'
  return {
    to,
    subject: `Your code to sign in to ${appName}`,
    text: `Your code to sign in to ${appName}:\n\n${code}\n\n${sentence}\n\nAsked for by ${asked}.\n\n${warning}\n`,
    html: html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>Your code to sign in to ${appName}</title>
</head>
<body style="font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-size: 16px; line-height: 1.5; padding: 24px; max-width: 32em">
<p>Your code to sign in to <strong>${appName}</strong>:</p>
<p style="font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 32px; letter-spacing: 6px; font-weight: 600; margin: 16px 0">${code}</p>
<p>${sentence}</p>
<p>Asked for by ${asked}.</p>
<p>${warning}</p>
</body>
</html>
`.toString(),
    consoleLine: `The code for ${to} is ${code} (no mail is sent: SMTP_URL is not set)`,
  }
}
