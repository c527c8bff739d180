import { html } from './html.ts'
import { renderPage } from './layout.ts'

/** What every page of one sign-in knows. */
export interface SignInView {
  readonly appName: string
  /** Path of this sign-in, such as `/sign-in/<uid>`. */
  readonly path: string
  readonly csrf: string
  /** What asks for the sign-in, such as an editor's name. */
  readonly client: string
  readonly problem?: string | null
}

export interface WaysView extends SignInView {
  /** `trusted`: an address alone is taken; `code`: one is sent there; null: not by address. */
  readonly byAddress: 'trusted' | 'code' | null
  readonly outside: readonly { readonly way: string; readonly name: string }[]
  readonly email?: string
}

export function waysPage(view: WaysView): string {
  const { appName, path, csrf, client, byAddress, outside, email = '', problem } = view
  const hidden = csrfField(csrf)
  return renderPage({
    appName,
    title: 'Sign in',
    problem,
    body: html`
<p class="soft">to use ${appName} in <strong>${client}</strong></p>
${
  byAddress !== null &&
  html`<form method="post" action="${path}/email">
${hidden}
<label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}" autofocus>
<button>${byAddress === 'code' ? 'Send me a code' : 'Sign in'}</button>
</form>`
}
${byAddress !== null && outside.length > 0 && html`<p class="or">or</p>`}
<div class="stack">
${outside.map(
  ({ way, name }) =>
    html`<form method="post" action="${path}/with/${way}">${hidden}<button class="${byAddress === null ? '' : 'quiet'}">Continue with ${name}</button></form>`,
)}
</div>
${cancelForm(path, csrf)}`,
  })
}

export interface CodeView extends SignInView {
  readonly challengeId: string
  readonly email: string
}

export function codePage({ appName, path, csrf, client, challengeId, email, problem }: CodeView): string {
  return renderPage({
    appName,
    title: 'Enter the code',
    problem,
    body: html`
<p>If <strong>${email}</strong> can sign in here, a code of six digits is on its way there. It counts for 10 minutes, to sign in to <strong>${client}</strong>.</p>
<form method="post" action="${path}/code">
${csrfField(csrf)}
<input type="hidden" name="challenge" value="${challengeId}">
<label for="code">Code</label>
<input id="code" class="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="20" autofocus>
<button>Sign in</button>
</form>
<p class="small soft">Nothing there? Look in the spam folder, or <a href="${path}">ask for another code</a>.</p>
${cancelForm(path, csrf)}`,
  })
}

function csrfField(csrf: string) {
  return html`<input type="hidden" name="csrf" value="${csrf}">`
}

function cancelForm(path: string, csrf: string) {
  return html`<form class="cancel" method="post" action="${path}/cancel">${csrfField(csrf)}<button class="link">Cancel</button></form>`
}
