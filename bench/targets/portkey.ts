import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { GatewayTarget } from './gateway-target.ts'
import { startServer } from './server-process.ts'

const version = '1.15.2'

/** Not a part of the workspace, so that it is in no lockfile and on no machine but those that measure it. */
const folder = join(import.meta.dirname, '../.portkey')
const manifest = {
  private: true,
  dependencies: { '@portkey-ai/gateway': version },
  // As in Portkey's own lockfile. With a newer node-server every streamed answer is a 500 (Portkey-AI/gateway#1389).
  overrides: { '@hono/node-server': '1.13.5', hono: '4.9.7' },
}

/** Portkey's gateway as its package starts it, without the page that shows logs. It knows no users and meters nothing. */
export const portkeyTarget: GatewayTarget = {
  name: 'portkey',
  title: `Portkey ${version}, no users, no metering`,
  // src/handlers/streamHandler.ts, readStream: at each first event, whatever the provider.
  note: 'Portkey sleeps 25 ms before the first event of a stream. At few connections that sleep, not work, sets its numbers.',
  async start(upstream) {
    await install()
    const program = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
    const server = await startServer({
      command: [
        '--import',
        join(import.meta.dirname, '../baseline/listen-on-loopback.ts'),
        program,
        '--headless',
      ],
      portFlag: '--port=',
      env: {},
    })
    return {
      ...server,
      tokens: [upstream.key],
      headers: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream.url}/v1` },
    }
  },
}

/** Once it is there, npm finds nothing to do and asks nobody. */
async function install(): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  // What `npm run` says of itself and of the workspace would have npm install there.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry$)/i.test(name)),
  )
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  await promisify(execFile)('npm', ['install', ...options], { cwd: folder, env })
}
