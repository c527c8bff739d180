import { type Fragment, html } from '../pages/html.ts'

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'

/** The HTML of a mail around its paragraphs. Colours are the reader's own, light or dark. */
export function mailPage(title: string, body: Fragment): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${title}</title>
<style>:root{color-scheme:light dark}</style>
</head>
<body style="margin:0;padding:24px;${FONT};font-size:16px;line-height:1.5">
<div style="max-width:480px;margin:0 auto">
${body}
</div>
</body>
</html>
`.toString()
}
