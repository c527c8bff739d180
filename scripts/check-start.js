// Proves `npm start`: on an empty folder it becomes ready, answers the README's first example, opens the dashboard by the
// link it prints, and stops when asked.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PORT = '3917'
const url = `http://127.0.0.1:${PORT}`
const READY_WITHIN_MS = 60_000

/** What `find` finds, once it does. @template Found @param {() => Promise<Found> | Found} find @param {string} what */
async function until(find, what) {
  const deadline = Date.now() + READY_WITHIN_MS
  while (Date.now() < deadline && server.exitCode === null) {
    const found = await find()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`npm start did not ${what}`)
}

const isReady = async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok
const printedLink = () => /^ {2}Dashboard {3}(\S+\/sign-in\/link\?secret=[\w-]{43}) /m.exec(output)?.[1]

async function post(path, body, headers = {}) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`)
  return answer.json()
}

/** The link that the first start prints signs one browser in, and no line of the log has it. */
async function openDashboard() {
  const link = await until(printedLink, 'print a link to the dashboard')
  const followed = await fetch(link, { redirect: 'manual' })
  const cookie = followed.headers.get('set-cookie')?.split(';')[0]
  if (followed.status !== 303 || cookie === undefined) throw new Error(`the link answered ${followed.status}`)
  const session = await fetch(`${url}/api/browser-session`, { headers: { cookie } })
  if ((await session.json()).operator !== true) throw new Error('the link did not make the operator')
  const again = await fetch(link, { redirect: 'manual' })
  if (again.status !== 403) throw new Error(`the link, followed again, answered ${again.status}`)
  if (output.split('\n').some((line) => line.startsWith('{') && line.includes('secret=')))
    throw new Error('the log has the link')
}

const dataDir = await mkdtemp(join(tmpdir(), 'promptmeter-start-'))
const startedAt = performance.now()
// Its own process group: npm leaves before the server it started.
const server = spawn('npm', ['start'], {
  detached: true,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, DATA_DIR: dataDir, PORT },
})
let output = ''
server.stdout.setEncoding('utf8').on('data', (chunk) => {
  output += chunk
  process.stdout.write(chunk)
})
try {
  await until(isReady, 'become ready')
  console.log(`ready after ${Math.round(performance.now() - startedAt)} ms`)
  const { sessionToken } = await post('/signup', { email: 'user@example.com' })
  const authorization = `Bearer ${sessionToken}`
  const counted = await post('/trackUsage', { usage: 1, tokenCount: 420 }, { authorization })
  if (counted.currentPromptCount !== 1)
    throw new Error(`counted ${counted.currentPromptCount} prompts, not 1`)
  await openDashboard()
} finally {
  const stopped = new Promise((resolve) => server.once('exit', resolve))
  if (server.exitCode === null) {
    process.kill(-server.pid, 'SIGTERM')
    await stopped
  }
  await rm(dataDir, { recursive: true, force: true })
}
console.log('npm start serves, counts, opens the dashboard and stops')
