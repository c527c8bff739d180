import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

it('npm start passes a signal on, so the server drains and both end with code 0', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'promptmeter-data-'))
  cleanups.push(() => rm(dataDir, { recursive: true }))
  // A process group of its own, so that nothing stays behind should npm leave first.
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0' },
  })
  const exited = once(npm, 'close')
  cleanups.push(() => {
    if (npm.exitCode === null) process.kill(-(npm.pid as number), 'SIGKILL')
  })
  let output = ''
  let asked = false
  npm.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    // Once: a second signal would end it without draining.
    if (asked || !output.includes('"msg":"ready"')) return
    asked = true
    npm.kill('SIGTERM')
  })
  expect(await exited).toEqual([0, null])
  expect(output).toContain('"msg":"stopped"')
})
