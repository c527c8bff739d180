import { rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BuildOptions, build } from 'esbuild'

// The two bundles of an extension: for a host in Node, and for one in a browser.
const { positionals } = parseArgs({ allowPositionals: true })
const folder = resolve(positionals[0] ?? '.')

const common: BuildOptions = {
  entryPoints: [`${folder}/src/extension.ts`],
  bundle: true,
  minify: true,
  format: 'cjs',
  target: 'es2023',
  external: ['vscode'],
  conditions: ['promptmeter-source'],
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
}

await rm(`${folder}/dist`, { recursive: true, force: true })
await build({ ...common, platform: 'node', outfile: `${folder}/dist/extension.js` })
await build({ ...common, platform: 'browser', outfile: `${folder}/dist/web/extension.js` })
for (const file of ['extension.js', 'web/extension.js']) {
  const { size } = await stat(`${folder}/dist/${file}`)
  console.log(`${folder}/dist/${file}: ${(size / 1000).toFixed(1)} kB`)
}
