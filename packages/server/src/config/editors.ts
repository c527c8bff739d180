/** Editors that open themselves by a scheme of their own: VS Code and its forks, as people know them. */
export const EDITORS: Readonly<Record<string, string>> = {
  vscode: 'VS Code',
  'vscode-insiders': 'VS Code Insiders',
  vscodium: 'VSCodium',
  'vscodium-insiders': 'VSCodium Insiders',
  'code-oss': 'Code - OSS',
  cursor: 'Cursor',
  'cursor-nightly': 'Cursor Nightly',
  windsurf: 'Windsurf',
  'windsurf-next': 'Windsurf Next',
  trae: 'Trae',
  kiro: 'Kiro',
  void: 'Void',
  positron: 'Positron',
  antigravity: 'Antigravity',
}
