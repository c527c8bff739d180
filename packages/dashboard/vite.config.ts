import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Compressed once here, at the best that the formats can do, and not by the server for each request. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir = 'dist' }) {
      const assets = join(dir, 'assets')
      for (const name of await readdir(assets)) {
        if (!/\.(?:js|css|svg)$/.test(name)) continue
        const content = await readFile(join(assets, name))
        await writeFile(join(assets, `${name}.br`), await promisify(brotliCompress)(content))
        await writeFile(join(assets, `${name}.gz`), await promisify(gzip)(content, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    target: 'es2023',
    // The policy of the page allows no data: script, and a file of its own is cached for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // For `npm run dev -w packages/dashboard`: the page from Vite, everything else from a server that runs beside it.
  server: { proxy: { '^/(?:api|sign-in)': 'http://127.0.0.1:3000' } },
})
