import type { EditorWindow } from './editor-window.ts'

export interface RunningExtension {
  /** Loading its code, and what `activate` took until it was done. Whole milliseconds. */
  readonly activationMs: number
  /** Whether it was started with the window. */
  readonly atStartup: boolean
  /** `web worker`, or the address of the server whose Node runs it. */
  readonly host: string
}

/**
 * What `Developer: Show Running Extensions` says of an extension, once it has been activated.
 *
 * @param displayName as its manifest has it
 */
export async function runningExtension(editor: EditorWindow, displayName: string): Promise<RunningExtension> {
  const { page } = editor
  const size = page.viewportSize() ?? { width: 1280, height: 800 }
  // The list has only the rows that can be seen.
  await page.setViewportSize({ ...size, height: 4000 })
  await editor.runCommand('Developer: Show Running Extensions')
  const row = page
    .locator('.runtime-extensions-editor .monaco-list-row')
    .filter({ has: page.getByText(displayName, { exact: true }) })
    .filter({ hasText: /Activation: \d+ms/ })
    .first()
  const text = await row.innerText()
  await page.setViewportSize(size)
  const [, startup, ms] = /(Startup )?Activation: (\d+)ms/.exec(text) ?? []
  return {
    activationMs: Number(ms),
    atStartup: startup !== undefined,
    host: /web worker|\S+:\d+/.exec(text)?.[0] ?? '',
  }
}
