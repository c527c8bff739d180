import { html } from './html.ts'
import { renderPage } from './layout.ts'

/** After a sign-in for an editor that opens by its own scheme: the browser asks, and this page stays. */
export function returnPage(view: {
  appName: string
  client: string
  returnUrl: string
  code: string
}): string {
  return renderPage({
    appName: view.appName,
    title: 'You are signed in',
    forwardTo: view.returnUrl,
    body: html`
<p>Go back to <strong>${view.client}</strong>; your browser may ask whether to open it.</p>
<p><a class="button" href="${view.returnUrl}">Open ${view.client}</a></p>
<h2 class="small">If it does not open</h2>
<p class="small soft">Paste this code there instead. It counts for 5 minutes, once.</p>
<code class="shown long">${view.code}</code>
<p class="small soft">Then you can close this page.</p>`,
  })
}

/** For an editor that nothing can lead back to: the code is carried by hand. */
export function pastePage(view: { appName: string; code: string }): string {
  return renderPage({
    appName: view.appName,
    title: 'Paste this code',
    body: html`
<p>Copy this code and paste it where you began to sign in. It counts for 5 minutes, once.</p>
<code class="shown long">${view.code}</code>
<p class="small soft">Give it to nobody else. Then you can close this page.</p>`,
  })
}

export function cancelledPage(view: { appName: string; client: string; returnUrl: string }): string {
  return renderPage({
    appName: view.appName,
    title: 'Not signed in',
    forwardTo: view.returnUrl,
    body: html`
<p>The sign-in was cancelled or refused. Nothing was shared with <strong>${view.client}</strong>.</p>
<p><a class="button" href="${view.returnUrl}">Back to ${view.client}</a></p>`,
  })
}

/** What to do about most of what can go wrong here. */
export const BEGIN_AGAIN = 'Go back to where you began to sign in, and begin again.'

export function errorPage(view: { appName: string; message: string; advice: string }): string {
  return renderPage({
    appName: view.appName,
    title: 'This did not work',
    problem: view.message,
    body: html`<p>${view.advice}</p>`,
  })
}
