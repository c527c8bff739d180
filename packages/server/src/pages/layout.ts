import { type Fragment, type Html, html } from './html.ts'

export const STYLESHEET_PATH = '/sign-in/style.css'

/** A needle over a dial. Drawn in the colour of the text around it, so it needs no picture and no style. */
const MARK = html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M3.5 17a9 9 0 1 1 17 0"/><path d="m12 15 4-5"/><circle cx="12" cy="15.5" r="1.6" fill="currentColor" stroke="none"/></svg>`

export interface Page {
  readonly appName: string
  readonly title: string
  /** Said before the content, to screen readers at once. */
  readonly problem?: string | null | undefined
  readonly body: Fragment
  /** Where the browser goes by itself, at once. */
  readonly forwardTo?: string
}

/** A whole page: no script, no inline style, readable at any width. */
export function renderPage({ appName, title, problem, body, forwardTo }: Page): string {
  const page: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${forwardTo !== undefined && html`<meta http-equiv="refresh" content="0;url=${forwardTo}">`}
<title>${problem ? 'Problem: ' : ''}${title} · ${appName}</title>
<link rel="stylesheet" href="${STYLESHEET_PATH}">
<link rel="icon" href="data:,">
</head>
<body>
<main>
<p class="brand">${MARK}<span>${appName}</span></p>
<h1>${title}</h1>
${problem && html`<p class="wrong" role="alert">${problem}</p>`}
${body}
</main>
</body>
</html>
`
  return page.toString()
}

/**
 * The policy of every page.
 * @param formTarget an origin beside our own that a form may end at: browsers hold redirects after a form against it
 */
export function pagePolicy(formTarget?: string): string {
  const targets = ["'self'", ...(formTarget === undefined ? [] : [formTarget])].join(' ')
  return (
    `default-src 'none'; style-src 'self'; img-src data:; form-action ${targets}; ` +
    "base-uri 'none'; frame-ancestors 'none'"
  )
}

/** What every page is sent with. Under no-referrer browsers send `Origin: null` with forms, which says nothing. */
export const PAGE_HEADERS = {
  'Content-Security-Policy': pagePolicy(),
  'Content-Type': 'text/html; charset=utf-8',
  'Referrer-Policy': 'same-origin',
}
