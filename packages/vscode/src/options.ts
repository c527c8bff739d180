import type * as vscode from 'vscode'
import type { DescribeModel } from './models/model-provider.ts'

export interface PromptmeterOptions {
  /** Where the server is, such as `https://meter.example.com`. */
  readonly serverUrl: string
  /** Allows `http:` to another machine, for a network you trust. */
  readonly allowHttp?: boolean
  /**
   * What commands, the authentication provider and the vendor of models are called in `package.json`; the extension's own
   * name when left out.
   */
  readonly id?: string
  /** What the user reads; the extension's display name when left out. */
  readonly appName?: string
  /** Status bar item; shown when left out. */
  readonly statusBar?: boolean
  /** The gateway's models in the editor's own list, where `package.json` contributes the vendor; on when left out. */
  readonly languageModels?: boolean
  /** What you know better of a model than the kit does; null leaves it out. */
  readonly describeModel?: DescribeModel
  /** False where the extension has a URI handler already: hand what it gets to `meter.handleUri`. */
  readonly uriHandler?: boolean
}

/** The options with what the extension says of itself. */
export interface Identity {
  readonly extensionId: string
  readonly id: string
  readonly appName: string
  /** What usage is recorded under. */
  readonly source: string
}

export const COMMANDS = ['signIn', 'signOut', 'showUsage', 'manageSessions', 'upgrade'] as const
export type CommandName = (typeof COMMANDS)[number]

interface Manifest {
  readonly name: string
  readonly displayName?: string
  readonly version: string
  readonly contributes?: {
    readonly authentication?: readonly { readonly id?: string }[]
    readonly languageModelChatProviders?: readonly { readonly vendor?: string }[]
    readonly commands?: readonly { readonly command?: string }[]
  }
}

export function identityOf(extension: vscode.Extension<unknown>, options: PromptmeterOptions): Identity {
  const { name, displayName, version } = extension.packageJSON as Manifest
  const id = options.id ?? name
  const appName = options.appName ?? displayName ?? name
  return { extensionId: extension.id, id, appName, source: `${name}/${version}` }
}

/**
 * What `package.json` must have for the kit to be seen, one sentence each. Said when the extension starts: an editor that
 * finds no contribution says nothing.
 */
export function missingContributions(manifest: unknown, id: string): string[] {
  const { contributes = {} } = manifest as Manifest
  const commands = new Set(contributes.commands?.map(({ command }) => command))
  return [
    ...(contributes.authentication?.some((provider) => provider.id === id)
      ? []
      : [`"authentication": [{ "id": "${id}", "label": "…" }]`]),
    ...COMMANDS.filter((name) => !commands.has(`${id}.${name}`)).map(
      (name) => `"commands": [{ "command": "${id}.${name}", "title": "…" }]`,
    ),
  ]
}

export function contributesModels(manifest: unknown, id: string): boolean {
  const { contributes = {} } = manifest as Manifest
  return contributes.languageModelChatProviders?.some(({ vendor }) => vendor === id) ?? false
}
