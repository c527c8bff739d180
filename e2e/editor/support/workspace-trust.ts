import type { EditorWindow } from './editor-window.ts'

/** The item of the status bar that says a folder is not trusted. */
export const RESTRICTED_MODE = 'status.workspaceTrust'

/**
 * Trusts the folder that is open. With `workspaceTrust` a window opens without a question and in Restricted Mode, in
 * which extensions run only if their manifest says that they may.
 */
export async function trustWorkspace(editor: EditorWindow): Promise<void> {
  await editor.runCommand('Workspaces: Manage Workspace Trust')
  await editor.page
    .locator('.workspace-trust-editor')
    .getByRole('button', { name: 'Trust', exact: true })
    .click()
  await editor.statusBar.locate(RESTRICTED_MODE).waitFor({ state: 'hidden' })
}
