import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS, contributesModels, identityOf, missingContributions } from '../src/options.ts'

const ROOT = join(import.meta.dirname, '../../..')
const manifestAt = (path: string) => JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'))

const options = { serverUrl: 'https://meter.example.com' }
const extension = (packageJSON: object) =>
  ({ id: 'me.hello', packageJSON: { name: 'hello', version: '0.1.0', ...packageJSON } }) as never

describe('what an extension is called', () => {
  it('is what it says of itself', () => {
    expect(identityOf(extension({ displayName: 'Hello!' }), options)).toEqual({
      extensionId: 'me.hello',
      id: 'hello',
      appName: 'Hello!',
      source: 'hello/0.1.0',
    })
  })

  it('is its own name where it has no other', () => {
    expect(identityOf(extension({}), options).appName).toBe('hello')
  })

  it('is what the options say; usage is recorded under its own name still', () => {
    expect(identityOf(extension({}), { ...options, id: 'other', appName: 'Other' })).toEqual({
      extensionId: 'me.hello',
      id: 'other',
      appName: 'Other',
      source: 'hello/0.1.0',
    })
  })
})

describe('what package.json misses', () => {
  const commands = COMMANDS.map((name) => ({ command: `hello.${name}`, title: name }))
  const authentication = [{ id: 'hello', label: 'Hello' }]

  it('is nothing where all is there', () => {
    expect(missingContributions({ contributes: { commands, authentication } }, 'hello')).toEqual([])
  })

  it.each([[{}], [{ contributes: {} }], [{ contributes: { commands: [], authentication: [] } }]])(
    'is said one by one of %o',
    (manifest) => {
      const missing = missingContributions(manifest, 'hello')
      expect(missing).toHaveLength(1 + COMMANDS.length)
      expect(missing[0]).toContain('"authentication": [{ "id": "hello"')
      for (const name of COMMANDS) expect(missing.join('\n')).toContain(`"hello.${name}"`)
    },
  )

  it('is everything where all has another name', () => {
    const manifest = { contributes: { commands, authentication } }
    expect(missingContributions(manifest, 'other')).toHaveLength(1 + COMMANDS.length)
  })
})

it('models are offered where the vendor is contributed under the same name', () => {
  const manifest = { contributes: { languageModelChatProviders: [{ vendor: 'hello' }] } }
  expect(contributesModels(manifest, 'hello')).toBe(true)
  expect(contributesModels(manifest, 'other')).toBe(false)
  expect(contributesModels({}, 'hello')).toBe(false)
})

describe.each(['packages/vscode/extension', 'examples/hello-extension'])('%s', (path) => {
  const manifest = manifestAt(path)

  it('contributes everything that the kit needs to be seen', () => {
    expect(missingContributions(manifest, manifest.name)).toEqual([])
    expect(contributesModels(manifest, manifest.name)).toBe(true)
  })

  it('runs in Node and in a browser, with the editor that the kit asks for', () => {
    expect(manifest.main).toBe('./dist/extension.js')
    expect(manifest.browser).toBe('./dist/web/extension.js')
    expect(manifest.engines.vscode).toBe(manifestAt('packages/vscode').engines.vscode)
  })
})
