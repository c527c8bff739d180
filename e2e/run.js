// What `npm run e2e` does: gets what is missing, builds the dashboard, packages the extensions, and tests all of it in a
// real browser and a real VS Code. Arguments go to vitest; `--project=dashboard` leaves VS Code out. Plain JavaScript, and
// no dependency: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const E2E = dirname(fileURLToPath(import.meta.url))
const ROOT = dirname(E2E)
/** Libraries that VS Code's native modules are built with, as `pkg-config` and as Debian call them. */
const LIBRARIES = {
  'krb5-gssapi': 'libkrb5-dev',
  'libsecret-1': 'libsecret-1-dev',
  x11: 'libx11-dev',
  xkbfile: 'libxkbfile-dev',
}
const TOOLS = { 'pkg-config': 'pkg-config', make: 'make', 'g++': 'g++', python3: 'python3' }
const BROWSERS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

installChromium()
say('the dashboard')
must('npm', ['run', '--silent', 'build', '--', '--logLevel', 'warn'])
if (!process.argv.includes('--project=dashboard')) {
  installOwnPackages()
  packageExtensions()
}
say('tests in a browser and in VS Code')
process.exit(
  run('npx', ['vitest', 'run', '--config', join(E2E, 'vitest.config.ts'), ...process.argv.slice(2)]),
)

function installChromium() {
  if (process.env.CHROMIUM || BROWSERS.some(existsSync)) return
  say('Chromium')
  installDebianPackages(['chromium-headless-shell'], 'or set CHROMIUM to where one is')
}

/** code-server and its tools, apart from the workspace's: they are large, and nothing else needs them. */
function installOwnPackages() {
  const installed = join(E2E, 'node_modules', '.package-lock.json')
  const lockfile = join(E2E, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return
  const missing = [
    ...Object.keys(TOOLS).flatMap((tool) => (succeeds(tool, ['--version']) ? [] : [TOOLS[tool]])),
    ...Object.keys(LIBRARIES).flatMap((name) =>
      succeeds('pkg-config', ['--exists', name]) ? [] : [LIBRARIES[name]],
    ),
  ]
  if (missing.length > 0) {
    say(`libraries that VS Code is built with: ${missing.join(', ')}`)
    installDebianPackages(missing)
  }
  say('code-server, which takes some minutes the first time')
  must('npm', ['ci'], E2E)
}

/** As they would be published: the extension, and the example on the kit. */
function packageExtensions() {
  say('the extensions')
  mkdirSync(join(E2E, 'packages'), { recursive: true })
  // The example takes the kit as whoever installs it does: as it was built.
  must('npm', ['run', '--silent', 'build', '-w', 'packages/client', '-w', 'packages/vscode'])
  for (const [workspace, folder] of [
    ['packages/vscode', 'packages/vscode/extension'],
    ['examples/hello-extension', 'examples/hello-extension'],
  ]) {
    must('npm', ['run', '--silent', 'bundle', '-w', workspace])
    const { name } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
    const vsix = join(E2E, 'packages', `${name}.vsix`)
    const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix]
    must(join(E2E, 'node_modules', '.bin', 'vsce'), ['package', ...flags], join(ROOT, folder))
  }
}

/** @param {string[]} names @param {string} [otherwise] what else would do */
function installDebianPackages(names, otherwise) {
  if (process.getuid?.() !== 0 || !succeeds('apt-get', ['--version'])) {
    fail(`missing: apt-get install ${names.join(' ')}${otherwise === undefined ? '' : ` (${otherwise})`}`)
  }
  must('apt-get', ['update', '-qq'])
  must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names])
}

/** @param {string} command @param {string[]} args */
function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** @param {string} command @param {string[]} args */
function run(command, args, cwd = ROOT) {
  // By this one npm tells another which Node it ran on: code-server's install would believe it was an old one.
  const { npm_config_user_agent: _, ...inherited } = process.env
  const env = {
    ...inherited,
    // The workspace's own Node 24, which code-server is built for and with.
    PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    DEBIAN_FRONTEND: 'noninteractive',
  }
  return spawnSync(command, args, { cwd, env, stdio: 'inherit' }).status ?? 1
}

/** @param {string} command @param {string[]} args */
function must(command, args, cwd = ROOT) {
  if (run(command, args, cwd) !== 0) fail(`failed: ${command} ${args.join(' ')}`)
}

/** @param {string} what */
function say(what) {
  console.log(`--- ${what}`)
}

/** @param {string} why @returns {never} */
function fail(why) {
  console.error(`e2e: ${why}`)
  process.exit(1)
}
