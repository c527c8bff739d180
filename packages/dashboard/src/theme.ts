import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** From the accent of the dark sign-in pages (2) to that of the light ones (7). */
const accent: MantineColorsTuple = [
  '#eef4ff',
  '#d6e4ff',
  '#8ab4ff',
  '#6b9dfb',
  '#4b86f2',
  '#3270e6',
  '#2561dd',
  '#1a56db',
  '#1544ad',
  '#103689',
]

export const theme = createTheme({
  primaryColor: 'accent',
  colors: { accent },
  primaryShade: { light: 7, dark: 2 },
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
})
