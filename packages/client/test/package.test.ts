import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { type BuildOptions, build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const ENTRIES = ['index', 'queue/web-storage', 'queue/file-storage']

describe('the package as it is published', () => {
  let temporary: string
  let tarball: string
  let files: string[]
  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'promptmeter-package-'))
    // Packing builds it first.
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', temporary], { cwd: FOLDER })
    const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))) as [
      { filename: string; files: { path: string }[] },
    ]
    tarball = join(temporary, packed.filename)
    files = packed.files.map(({ path }) => path)
  })
  afterAll(() => rm(temporary, { recursive: true, force: true }))

  it('holds what it needs and nothing else', () => {
    const others = files.filter(
      (path) => !/^(dist|src)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path),
    )
    expect(others).toEqual([])
    for (const entry of ENTRIES)
      for (const path of [`dist/${entry}.js`, `dist/${entry}.d.ts`, `src/${entry}.ts`])
        expect(files).toContain(path)
  })

  it('has no source that is gone in its build', () => {
    const modules = files.filter((path) => path.startsWith('dist/') && path.endsWith('.js'))
    for (const path of modules) expect(files).toContain(path.replace('dist/', 'src/').replace(/js$/, 'ts'))
  })

  it('gives publint nothing to complain of', async () => {
    const { messages, pkg } = await publint({ pkgDir: FOLDER, strict: true })
    expect(
      messages.filter(({ type }) => type !== 'suggestion').map((message) => formatMessage(message, pkg)),
    ).toEqual([])
  })

  it('has types that every ESM resolution finds and that are right', async () => {
    const data = new Uint8Array(await readFile(tarball))
    const analysis = await checkPackage(createPackageFromTarballData(data))
    if (!analysis.types) throw new Error('no types')
    // Who uses require, or resolves as Node 10 did, is not served: the package is ESM alone.
    const served = analysis.problems.filter(
      (problem) =>
        !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)) &&
        !('resolutionOption' in problem && problem.resolutionOption === 'node10'),
    )
    expect(served).toEqual([])
  })

  it('depends on nothing', async () => {
    const manifest = JSON.parse(await readFile(join(FOLDER, 'package.json'), 'utf8'))
    expect(manifest).not.toHaveProperty('dependencies')
    expect(manifest).not.toHaveProperty('peerDependencies')
  })

  it.each(ENTRIES)('runs %s in plain Node as it was built', async (entry) => {
    const program = `const module = await import(${JSON.stringify(join(FOLDER, 'dist', `${entry}.js`))})
      console.log(Object.keys(module).join())`
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program])
    expect(stdout).toMatch(/createClient|fileStorage|webStorage/)
  })
})

describe('what a bundler makes of it', () => {
  const bundle = async (contents: string, options: BuildOptions = {}) => {
    const built = await build({
      stdin: { contents, resolveDir: FOLDER },
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      ...options,
    })
    const code = built.outputFiles?.[0]?.text as string
    const used = Object.values(built.metafile?.outputs ?? {}).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    )
    const outside = Object.values(built.metafile?.outputs ?? {}).flatMap(({ imports }) =>
      imports.map(({ path }) => path),
    )
    return { code, bytes: gzipSync(code).length, used: used.join(), outside }
  }
  const from = (entry: string) => `./dist/${entry}.js`
  const everything = `export * from '${from('index')}'; export * from '${from('queue/web-storage')}'`

  it('is less than 10,000 bytes with all of its entries, minified and gzipped', async () => {
    const { bytes } = await bundle(`${everything}; export * from '${from('queue/file-storage')}'`, {
      external: ['node:*'],
    })
    expect(bytes).toBeLessThan(10_000)
  })

  it('leaves out what is not imported', async () => {
    const whole = await bundle(everything)
    const part = await bundle(`export { createClient } from '${from('index')}'`)
    expect(part.bytes).toBeLessThan(whole.bytes)
    expect(whole.used).toMatch(/offline-queue/)
    expect(part.used).not.toMatch(
      /offline-queue|queued-batch|queue-storage|web-storage|device|code-sign-in|oauth/,
    )
    expect(part.code).not.toMatch(/device_code|code_verifier|idempotency_key_reused/)
  })

  it('needs nothing of Node in a browser, but for the folder', async () => {
    expect((await bundle(everything)).outside).toEqual([])
    const folder = await bundle(`export * from '${from('queue/file-storage')}'`, { external: ['node:*'] })
    expect([...new Set(folder.outside)].sort()).toEqual(['node:fs/promises', 'node:path'])
  })
})
