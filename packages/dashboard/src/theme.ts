import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from '@mantine/core'

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

/** The greys of the dark sign-in pages, which lean to blue as those of the light ones do. */
const dark: MantineColorsTuple = [
  '#e8ebef',
  '#c9d1d9',
  '#a5afbb',
  '#94a0ad',
  '#3b434d',
  '#2f3640',
  '#252b33',
  '#191d23',
  '#12161b',
  '#0d1014',
]

const TITLE = { fontWeight: 650, lineHeight: 1.3 }

export const theme = createTheme({
  primaryColor: 'accent',
  colors: { accent, dark },
  primaryShade: { light: 7, dark: 2 },
  autoContrast: true,
  // By itself Mantine picks the text on a filled accent for the light page, and keeps it on the dark one.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input)
    const filledAccent = input.variant === 'filled' && (input.color ?? 'accent') === 'accent'
    return filledAccent ? { ...colors, color: 'var(--mantine-primary-color-contrast)' } : colors
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  // The head of a dialog is a <header>, which would pass for a second banner of the page.
  components: {
    Modal: { defaultProps: { attributes: { header: { role: 'presentation' } } }, styles: { title: TITLE } },
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } } }, styles: { title: TITLE } },
    // Above the names of its fields, and not less than they are.
    Fieldset: { styles: { legend: TITLE } },
  },
})
