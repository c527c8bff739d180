import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { childPids, isRunning, waitUntilGone } from '../src/processes.ts'
import { startInOtherProcess } from './other-process.ts'

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'the server and its folder go when the process that started it dies of %s',
  async (name) => {
    const { child, report } = await startInOtherProcess()
    const servers = [report.pid, ...childPids(report.pid)]
    expect(servers.length).toBeGreaterThan(1)
    expect(isRunning(report.pid)).toBe(true)
    const folder = report.dataFolder.replace(/data$/, '')
    expect(existsSync(folder)).toBe(true)

    child.kill(name)

    expect(await waitUntilGone(servers, 15_000)).toBe(true)
    for (const deadline = Date.now() + 15_000; existsSync(folder) && Date.now() < deadline; ) await sleep(20)
    expect(existsSync(folder)).toBe(false)
  },
  60_000,
)
