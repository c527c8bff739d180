import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Divider,
  Group,
  List,
  Paper,
  Stack,
  Text,
  Title,
} from '@mantine/core'
import type { PlanResponse } from '@promptmeter/contract'
import { DEFAULT_PLAN } from '@promptmeter/contract/bounds'
import { IconCopy, IconPencil, IconTrash } from '@tabler/icons-react'
import { useId } from 'react'
import { Link } from 'wouter'
import { addressOf } from '../api/request.ts'
import { Moment } from '../common/moment.tsx'
import { counted } from '../shown/numbers.ts'
import { boundWords, limitWords } from './plan-words.ts'
import classes from './plans.module.css'

export interface PlanCardProps {
  readonly plan: PlanResponse
  readonly onDelete: () => void
}

/** What a plan grants, who has it, and what can be done with it. */
export function PlanCard({ plan, onDelete }: PlanCardProps) {
  const titleId = useId()
  const { name, limits, userCount, updatedAt } = plan
  const builtIn = name === DEFAULT_PLAN
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={titleId}>
      <Stack gap="sm" h="100%">
        <Group justify="space-between" gap="xs" align="flex-start">
          <Group gap="xs">
            <Title order={2} size="h4" id={titleId}>
              {name}
            </Title>
            {builtIn && (
              <Badge variant="light" color="gray" tt="none">
                for all who have no other
              </Badge>
            )}
          </Group>
          <Anchor
            component={Link}
            href={addressOf('/users', { plan: name })}
            size="sm"
            className={classes.users}
          >
            {counted(userCount, 'user')}
          </Anchor>
        </Group>
        {limits.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing is limited.
          </Text>
        ) : (
          <List size="sm" aria-label={`Limits of ${name}`}>
            {limits.map((limit) => (
              <List.Item key={`${limit.meter}/${limit.window}`}>{limitWords(limit)}</List.Item>
            ))}
          </List>
        )}
        <Divider mt="auto" />
        <dl className={classes.bounds}>
          {boundWords(plan).map(([term, value]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Group justify="space-between" gap="xs">
          <Text size="xs" c="dimmed">
            Changed <Moment at={updatedAt} show="relative" />
          </Text>
          <Group gap={6}>
            <Button
              component={Link}
              href={addressOf('/plans', { edit: name })}
              variant="default"
              size="xs"
              aria-label={`Edit ${name}`}
              leftSection={<IconPencil size={14} aria-hidden="true" />}
            >
              Edit
            </Button>
            <Button
              component={Link}
              href={addressOf('/plans', { copy: name })}
              variant="default"
              size="xs"
              aria-label={`Copy ${name}`}
              leftSection={<IconCopy size={14} aria-hidden="true" />}
            >
              Copy
            </Button>
            {!builtIn && (
              <ActionIcon variant="default" size={30} onClick={onDelete} aria-label={`Delete ${name}`}>
                <IconTrash size={16} aria-hidden="true" />
              </ActionIcon>
            )}
          </Group>
        </Group>
      </Stack>
    </Paper>
  )
}
