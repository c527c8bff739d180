import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from './statistics.ts'

// What the extension adds to the start of an editor: loading its bundle and `activate`, each time in a fresh process.
// The editor is a stand-in that does nothing, so this is what is ours alone.
const { values } = parseArgs({ options: { runs: { type: 'string', default: '25' } } })
const runs = Number(values.runs)
const bundle = fileURLToPath(new URL('../packages/vscode/extension/dist/extension.js', import.meta.url))
if (!existsSync(bundle)) {
  console.error('Bundle the extension first: npm run bundle -w packages/vscode')
  process.exit(1)
}

const PROGRAM = `
const nothing = () => ({ dispose() {} })
class Disposable {
  static from = nothing
  dispose() {}
}
const vscode = {
  Disposable,
  EventEmitter: class { event = nothing; fire() {}; dispose() {} },
  MarkdownString: class {},
  ThemeColor: class {},
  StatusBarAlignment: { Right: 2 },
  authentication: { registerAuthenticationProvider: nothing },
  commands: { registerCommand: nothing, async executeCommand() {} },
  env: { appName: 'Editor', uriScheme: 'vscode' },
  lm: { registerLanguageModelChatProvider: nothing },
  window: {
    createStatusBarItem: () => ({ show() {}, dispose() {} }),
    onDidChangeWindowState: nothing,
    registerUriHandler: nothing,
  },
  workspace: {
    getConfiguration: () => ({ get: () => 'http://127.0.0.1:9' }),
    onDidChangeConfiguration: nothing,
  },
}
const { _load } = require('node:module')
require('node:module')._load = (name, ...rest) => (name === 'vscode' ? vscode : _load(name, ...rest))
const context = {
  extension: { id: 'a.b', packageJSON: { name: 'b', version: '1.0.0', contributes: {} } },
  secrets: { get: async () => undefined, onDidChange: nothing },
  globalState: { get() {}, async update() {} },
  globalStorageUri: { fsPath: require('node:os').tmpdir() + '/promptmeter-activation' },
  subscriptions: [],
}
console.warn = () => {}
const start = performance.now()
const extension = require(process.argv[1])
const loaded = performance.now()
extension.activate(context).then(() => {
  console.log(JSON.stringify([loaded - start, performance.now() - loaded]))
  process.exit()
})`

const samples = Array.from({ length: runs }, (): [number, number] =>
  JSON.parse(execFileSync(process.execPath, ['--eval', PROGRAM, bundle], { encoding: 'utf8' })),
)
const figure = (pick: (sample: [number, number]) => number) => `${median(samples.map(pick)).toFixed(1)} ms`
console.log(
  `${runs} fresh processes, medians: load ${figure(([load]) => load)}, activate ${figure(([, activate]) => activate)}, ` +
    `both ${figure(([load, activate]) => load + activate)}`,
)
