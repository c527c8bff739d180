import { Box, Group, Text } from '@mantine/core'
import type { OverviewResponse } from '@promptmeter/contract'
import { IconCircleCheck } from '@tabler/icons-react'
import { Amount } from '../common/amount.tsx'
import { EmptyView } from '../common/empty-view.tsx'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import css from './overview.module.css'
import { refusalMeaning } from './refusal-words.ts'
import { ShareBar } from './share-bar.tsx'

type Refusals = OverviewResponse['refusals']

/** What was refused in the range, and why. */
export function RefusalsPanel({ overview }: { readonly overview: OverviewResponse | undefined }) {
  return (
    <div className={css.narrow}>
      <Panel title="Refusals">
        <Box className={css.short}>
          {overview === undefined ? (
            <RowsSkeleton rows={5} height={32} />
          ) : (
            <Rows refusals={overview.refusals} />
          )}
        </Box>
      </Panel>
    </div>
  )
}

function Rows({ refusals }: { readonly refusals: Refusals }) {
  const most = Math.max(...refusals.map(({ count }) => count))
  if (refusals.length === 0)
    return (
      <EmptyView title="Nothing was refused" icon={IconCircleCheck}>
        Calls that a limit, a session or the server's capacity stops are counted here.
      </EmptyView>
    )
  return (
    <ul className={css.list}>
      {refusals.map(({ code, count }) => (
        <li key={code}>
          <div className={css.row}>
            <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
              <Text size="sm">
                {refusalMeaning(code) ?? code}
                {refusalMeaning(code) !== null && (
                  <Text span size="xs" c="dimmed">
                    {' '}
                    {code}
                  </Text>
                )}
              </Text>
              <Text size="sm" fw={600}>
                <Amount value={count} />
              </Text>
            </Group>
            <ShareBar share={count / most} color="accent-6" />
          </div>
        </li>
      ))}
    </ul>
  )
}
