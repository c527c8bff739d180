// Proves `npm start`: on an empty folder it becomes ready, answers the README's first example and stops when asked.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PORT = '3917'
const url = `http://127.0.0.1:${PORT}`
const READY_WITHIN_MS = 60_000

async function waitUntilReady(server) {
  const deadline = Date.now() + READY_WITHIN_MS
  while (Date.now() < deadline && server.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('npm start did not become ready')
}

async function post(path, body, headers = {}) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`)
  return answer.json()
}

const dataDir = await mkdtemp(join(tmpdir(), 'promptmeter-start-'))
const startedAt = performance.now()
// Its own process group: npm leaves before the server it started.
const server = spawn('npm', ['start'], {
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, DATA_DIR: dataDir, PORT },
})
try {
  await waitUntilReady(server)
  console.log(`ready after ${Math.round(performance.now() - startedAt)} ms`)
  const { sessionToken } = await post('/signup', { email: 'user@example.com' })
  const authorization = `Bearer ${sessionToken}`
  const counted = await post('/trackUsage', { usage: 1, tokenCount: 420 }, { authorization })
  if (counted.currentPromptCount !== 1)
    throw new Error(`counted ${counted.currentPromptCount} prompts, not 1`)
} finally {
  const stopped = new Promise((resolve) => server.once('exit', resolve))
  if (server.exitCode === null) {
    process.kill(-server.pid, 'SIGTERM')
    await stopped
  }
  await rm(dataDir, { recursive: true, force: true })
}
console.log('npm start serves, counts and stops')
