import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { createEmbeddedTemplate } from '../../../packages/server/test/support/embedded-template.ts'
import { installExtension } from './code-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders of extensions, each with one of ours in it; to be copied. */
    installed: Readonly<Record<'hello' | 'promptmeter', string>>
    /** A migrated, empty data folder of the embedded engine, to be copied. */
    emptyDatabase: string
  }
}

/** Installs both extensions from their packages, as a user does; each story gets a copy. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'promptmeter-editor-'))
  const install = async (name: string) => {
    const vsix = fileURLToPath(new URL(`../../packages/${name}.vsix`, import.meta.url))
    const extensionsDir = join(folder, name)
    await installExtension(vsix, { extensionsDir, userDataDir: join(folder, 'user') })
    return extensionsDir
  }
  const emptyDatabase = join(folder, 'postgres')
  await createEmbeddedTemplate(emptyDatabase)
  project.provide('installed', { hello: await install('hello'), promptmeter: await install('promptmeter') })
  project.provide('emptyDatabase', emptyDatabase)
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5 })
}
