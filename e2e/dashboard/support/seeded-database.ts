import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { usePostgres } from '@promptmeter/testing'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL on which databases may be created. */
    serverUrl: string
    /** A database with 100,000 users and a year of usage, to be copied and never used itself. */
    seededUrl: string
  }
}

const PROGRAM = fileURLToPath(new URL('../../../packages/server/bin/promptmeter.js', import.meta.url))

/** Seeds one database as an operator would, with `promptmeter seed`; every test gets a copy of its own. */
export default async function setup(project: TestProject) {
  const postgres = await usePostgres()
  const seededUrl = await postgres.createDatabase()
  // While a story is written a small database will do: E2E_SEED='--users 2000 --active 100 --events 20000'.
  const options = process.env.E2E_SEED?.split(' ') ?? []
  const seeding = spawn(process.execPath, [PROGRAM, 'seed', ...options], {
    env: { PATH: process.env.PATH, DATABASE_URL: seededUrl },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code] = await once(seeding, 'exit')
  if (code !== 0) {
    await postgres.remove()
    throw new Error(`promptmeter seed ended with ${code}`)
  }
  project.provide('serverUrl', postgres.url)
  project.provide('seededUrl', seededUrl)
  return () => postgres.remove()
}
