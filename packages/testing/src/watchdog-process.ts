import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { signal, waitUntilGone } from './processes.ts'

// Run by watchdog.ts: `node watchdog-process.ts FOLDER`, with process ids on standard input, the last one counts.
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('which folder?')

let pid = 0
for await (const line of createInterface({ input: process.stdin })) pid = Number(line)

// SIGQUIT is PostgreSQL's immediate stop: the postmaster leaves after its children.
if (pid > 0 && signal(pid, 'SIGQUIT') && !(await waitUntilGone([pid], 10_000))) signal(pid, 'SIGKILL')
await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
