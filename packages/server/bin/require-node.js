// Plain JavaScript, so that a Node too old to run TypeScript can still say so.
const [major] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `Promptmeter needs Node 24 or newer; this is Node ${process.versions.node}. ` +
      'Run it through npm (npm start, npx promptmeter …), which brings the right one.\n',
  )
  process.exit(1)
}
