import { html } from './html.ts'
import { renderPage } from './layout.ts'

/** In the place of the dashboard, where only its sources are. */
export function notBuiltPage({ appName }: { appName: string }): string {
  return renderPage({
    appName,
    title: 'The dashboard is not built',
    body: html`
<p>Everything else works. To have this page as well, run this where the server is, and start it again:</p>
<code class="shown">npm run build</code>
<p><a href="/docs">API reference</a></p>`,
  })
}
