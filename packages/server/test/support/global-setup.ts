import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { usePostgres } from '@promptmeter/testing'
import type { TestProject } from 'vitest/node'
import { createEmbeddedTemplate } from './embedded-template.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A real PostgreSQL on which databases may be created. */
    postgresUrl: string
    /** A migrated, empty data folder of the embedded engine, to be copied. */
    embeddedTemplate: string
  }
}

/** One PostgreSQL and one template of the embedded engine serve every test file; each file gets databases of its own. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'promptmeter-test-'))
  const [postgres] = await Promise.all([usePostgres(), createEmbeddedTemplate(join(folder, 'template'))])
  project.provide('postgresUrl', postgres.url)
  project.provide('embeddedTemplate', join(folder, 'template'))

  return async () => {
    await postgres.remove()
    await rm(folder, { recursive: true })
  }
}
