/** Served as a file of its own: the policy of the pages allows no inline style. */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #c9d1d9;
  --accent: #1a56db; --accent-text: #ffffff; --accent-over: #1544ad; --wrong: #b42318; --wrong-back: #fdf0ee;
  --code-back: #eef1f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1216; --card: #191d23; --text: #e8ebef; --soft: #a5afbb; --line: #3b434d;
    --accent: #8ab4ff; --accent-text: #0b1526; --accent-over: #a9c7ff; --wrong: #ffa198; --wrong-back: #331c1b;
    --code-back: #242a32;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; background: var(--page); color: var(--text); }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center; padding: 1.25rem; }
main { width: 100%; max-width: 26rem; margin: auto; background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; padding: 2rem; }
@media (max-width: 30rem) { body { padding: 0.75rem; } main { padding: 1.4rem; } }
.brand { display: flex; align-items: center; gap: 0.5rem; margin: 0 0 1.5rem; font-weight: 600; color: var(--soft); overflow-wrap: anywhere; }
.brand svg { flex: none; width: 1.5rem; height: 1.5rem; color: var(--accent); }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.small { font-size: 0.9rem; }
form { margin: 0 0 1rem; }
form:last-child, p:last-child { margin-bottom: 0; }
label { display: block; font-weight: 600; margin: 0 0 0.35rem; }
input[type=email], input[type=text] {
  display: block; width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft);
  border-radius: 0.5rem; padding: 0.65rem 0.8rem; margin: 0 0 1rem;
}
input.code { font-size: 1.5rem; letter-spacing: 0.25em; text-align: center; font-variant-numeric: tabular-nums; }
input.word { text-transform: uppercase; font-size: 1.3rem; letter-spacing: 0.15em; text-align: center; }
button, .button {
  display: block; width: 100%; font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  color: var(--accent-text); background: var(--accent); border: 1px solid var(--accent); border-radius: 0.5rem; padding: 0.65rem 1rem;
}
button:hover, .button:hover { background: var(--accent-over); border-color: var(--accent-over); }
button.quiet, .button.quiet { color: var(--text); background: transparent; border-color: var(--soft); }
button.quiet:hover, .button.quiet:hover { border-color: var(--text); }
button.link { width: auto; display: inline; padding: 0.25rem 0; color: var(--accent); background: none; border: 0; font-weight: 500; text-decoration: underline; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.or { display: flex; align-items: center; gap: 0.75rem; color: var(--soft); margin: 1rem 0; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.wrong { color: var(--wrong); background: var(--wrong-back); border-radius: 0.5rem; padding: 0.6rem 0.8rem; }
.shown { display: block; font: 600 1.35rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--code-back); border-radius: 0.5rem; padding: 0.7rem; text-align: center; overflow-wrap: anywhere; user-select: all; margin: 0 0 1rem; }
.shown.long { font-size: 0.95rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 1rem; margin: 0 0 1.25rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
form.cancel { margin: 1.25rem 0 0; }
.stack > * { margin-bottom: 0; }
.stack > * + * { margin-top: 0.6rem; }
`
