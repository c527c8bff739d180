import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROGRAM = fileURLToPath(new URL('../../node_modules/code-server/out/node/entry.js', import.meta.url))
const LISTENING_WITHIN_MS = 60_000
const LISTENING = /HTTP server listening on (http:\/\/[^\s/]+)/

/** Where one VS Code keeps its things. Both are folders of the test. */
export interface CodeServerFolders {
  readonly extensionsDir: string
  readonly userDataDir: string
}

export interface CodeServerOptions extends CodeServerFolders {
  /** The folder that windows open, unless their address names another. */
  readonly folder?: string
  /** What settings.json says besides {@link QUIET_SETTINGS}. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Whether VS Code asks if the folder's authors are trusted. Off unless told. */
  readonly workspaceTrust?: boolean
  /**
   * Whether links to other ports of this machine are led through code-server, as it does out of the box. Off unless
   * told: a sign-in page must be met at its own origin, as it is from a VS Code on the desktop.
   */
  readonly proxyPorts?: boolean
  /** The port of one that was closed, to have its windows find it again. Any free one otherwise. */
  readonly port?: number
  /** More flags, as in `code-server --help`. */
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** A VS Code that is served to browsers, in processes of its own. */
export interface CodeServer {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Everything it has written so far. */
  readonly output: string
  /** Ends it and everything it has started. */
  close(): Promise<void>
}

/** Nothing comes up or goes out that a test has not asked for. */
export const QUIET_SETTINGS: Readonly<Record<string, unknown>> = {
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  // Editors that stand before the window would take the keys of commands.
  'workbench.editor.useModal': 'off',
  'workbench.enableExperiments': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
}

/** Starts a VS Code and waits until it answers. Close it at the end of the test, however that ends. */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const { userDataDir, folder } = options
  await mkdir(join(userDataDir, 'User'), { recursive: true })
  await writeFile(
    join(userDataDir, 'User', 'settings.json'),
    JSON.stringify({ ...QUIET_SETTINGS, ...options.settings }, null, 2),
  )
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      ...folderFlags(options),
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${options.port ?? 0}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...['--ignore-last-opened', '--link-protection-trusted-domains', '*'],
      ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
      ...(options.proxyPorts === true ? [] : ['--disable-proxy']),
      ...(options.flags ?? []),
      ...(folder === undefined ? [] : [folder]),
    ],
    {
      env: {
        ...environmentIn(userDataDir),
        // Windows rewrite such links themselves, whatever --disable-proxy says, unless they know no address for them.
        ...(options.proxyPorts !== true && { VSCODE_PROXY_URI: '' }),
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that all it starts can be ended, and nothing else.
      detached: true,
    },
  )
  let output = ''
  const listening = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      const url = LISTENING.exec(output)?.[1]
      if (url !== undefined) listening.resolve(url)
    })
  }
  const ended = once(child, 'close')
  ended.then(([code]) => listening.reject(new Error(`code-server ended with ${code}:\n${output}`)))
  const timer = setTimeout(
    () => listening.reject(new Error(`code-server does not listen:\n${output}`)),
    LISTENING_WITHIN_MS,
  )
  const url = await listening.promise
    .catch(async (error) => {
      await endGroup(child, ended)
      throw error
    })
    .finally(() => clearTimeout(timer))
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    get output() {
      return output
    },
    close: () => endGroup(child, ended),
  }
}

/** Installs a packaged extension, as `code --install-extension` does. Before the server starts, or it needs a reload. */
export async function installExtension(vsixPath: string, folders: CodeServerFolders): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [PROGRAM, ...folderFlags(folders), '--install-extension', vsixPath, '--force'],
    { env: environmentIn(folders.userDataDir) },
  )
  return stdout
}

function folderFlags({ extensionsDir, userDataDir }: CodeServerFolders): string[] {
  return [
    ...['--extensions-dir', extensionsDir, '--user-data-dir', userDataDir],
    ...['--config', join(userDataDir, 'code-server.yaml')],
  ]
}

/** Nothing of the developer's home is read or written, and no setting of the shell decides how a test ends. */
function environmentIn(userDataDir: string): NodeJS.ProcessEnv {
  const home = join(userDataDir, 'home')
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_RUNTIME_DIR: join(home, '.run'),
  }
}

async function endGroup(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It is over already.
  }
  await ended
}
