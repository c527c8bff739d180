import { html } from './html.ts'
import { renderPage } from './layout.ts'

export interface DeviceView {
  readonly appName: string
  readonly action: string
  readonly xsrf: string
}

/** Asks for the code that a device shows. */
export function deviceCodePage(view: DeviceView & { userCode: string; problem: string | null }): string {
  return renderPage({
    appName: view.appName,
    title: 'Connect a device',
    problem: view.problem,
    body: html`
<p>Enter the code that your editor or terminal shows.</p>
<form method="post" action="${view.action}">
<input type="hidden" name="xsrf" value="${view.xsrf}">
<label for="user_code">Code</label>
<input id="user_code" class="word" name="user_code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="40" value="${view.userCode}" autofocus>
<button>Continue</button>
</form>`,
  })
}

/** Before anything is granted: is this really the device the user holds? */
export function deviceConfirmPage(
  view: DeviceView & { userCode: string; device: { client: string; ip: string } },
): string {
  return renderPage({
    appName: view.appName,
    title: 'Is this your device?',
    body: html`
<p>It must show exactly this code:</p>
<code class="shown">${view.userCode}</code>
<dl><dt>Asked by</dt><dd>${view.device.client}</dd><dt>From</dt><dd>${view.device.ip}</dd></dl>
<p class="small soft">If somebody sent you this code, they may be trying to use your account. Then choose No.</p>
<form method="post" action="${view.action}" class="stack">
<input type="hidden" name="xsrf" value="${view.xsrf}">
<input type="hidden" name="user_code" value="${view.userCode}">
<button name="confirm" value="yes">Yes, continue</button>
<button name="abort" value="yes" class="quiet">No, refuse it</button>
</form>`,
  })
}

export function deviceDonePage(view: { appName: string }): string {
  return renderPage({
    appName: view.appName,
    title: 'Your device is connected',
    body: html`<p>Go back to it: it goes on by itself within a few seconds. You can close this page.</p>`,
  })
}
