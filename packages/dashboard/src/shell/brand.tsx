import { Group, Text } from '@mantine/core'

/** The mark of the sign-in pages: a needle over a dial. */
export function Brand({ appName }: { readonly appName: string }) {
  return (
    <Group gap="xs" wrap="nowrap" miw={0}>
      <svg
        viewBox="0 0 24 24"
        width="26"
        height="26"
        fill="none"
        stroke="var(--mantine-color-anchor)"
        strokeWidth="2"
        strokeLinecap="round"
        aria-hidden="true"
        style={{ flex: 'none' }}
      >
        <path d="M3.5 17a9 9 0 1 1 17 0" />
        <path d="m12 15 4-5" />
        <circle cx="12" cy="15.5" r="1.6" fill="var(--mantine-color-anchor)" stroke="none" />
      </svg>
      <Text fw={600} truncate>
        {appName}
      </Text>
    </Group>
  )
}
