import { ActionIcon, Anchor, Badge, Code, CopyButton, Group, Stack } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { Link } from 'wouter'
import { Moment } from '../../common/moment.tsx'

/** What a user is, below their address. */
export function UserFacts({ user }: { readonly user: AdminUserResponse }) {
  const { id, plan, role, disabled, createdAt, lastUsedAt, overrides, ownThreshold } = user
  return (
    <Stack gap={6} mt={4}>
      <Group gap="xs">
        <Badge variant="light" tt="none" component={Link} href={`/plans?edit=${encodeURIComponent(plan)}`}>
          {plan}
        </Badge>
        {(overrides !== null || ownThreshold !== null) && (
          <Badge variant="light" color="gray" tt="none">
            own limits
          </Badge>
        )}
        {role === 'admin' && (
          <Badge variant="light" color="grape" tt="none">
            admin
          </Badge>
        )}
        {disabled && (
          <Badge variant="light" color="red" tt="none">
            disabled
          </Badge>
        )}
      </Group>
      <Group gap="md" style={{ rowGap: 4 }}>
        <span>
          Created <Moment at={createdAt} show="day" />
        </span>
        <span>
          Last used <Moment at={lastUsedAt} show="relative" />
        </span>
        <Group gap={4} wrap="nowrap">
          <Code style={{ userSelect: 'all' }}>{id}</Code>
          <CopyButton value={id}>
            {({ copied, copy }) => (
              <ActionIcon
                variant="subtle"
                color="gray"
                onClick={copy}
                aria-label={copied ? 'Id copied' : 'Copy id'}
              >
                {copied ? (
                  <IconCheck size={16} aria-hidden="true" />
                ) : (
                  <IconCopy size={16} aria-hidden="true" />
                )}
              </ActionIcon>
            )}
          </CopyButton>
        </Group>
        <Anchor component={Link} href={`/audit?user=${id}`} size="sm">
          Audit log
        </Anchor>
      </Group>
    </Stack>
  )
}
