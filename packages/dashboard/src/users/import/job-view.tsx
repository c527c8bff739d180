import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { ApiError } from '../../api/request.ts'
import { Amount } from '../../common/amount.tsx'
import { Panel } from '../../common/panel.tsx'
import { counted, exactNumber } from '../../shown/numbers.ts'
import { BadLines } from './bad-lines.tsx'
import css from './import.module.css'
import { type ImportJob, isUnderWay, stopImport } from './import-job.ts'

export interface JobViewProps {
  readonly job: ImportJob
  readonly onAgain: () => void
  readonly onAnother: () => void
}

const TITLES: Readonly<Record<ImportJob['phase'], string>> = {
  running: 'Importing',
  stopping: 'Stopping',
  stopped: 'Import stopped',
  failed: 'Import broken off',
  done: 'Import finished',
}

/** How far an import has come, and what became of it. */
export function JobView({ job, onAgain, onAnother }: JobViewProps) {
  const { phase, file, badLines } = job
  return (
    <>
      <Panel title={`${TITLES[phase]}: ${file.name}`}>
        <Stack gap="md">
          {isUnderWay(job) ? <UnderWay job={job} /> : <Ended job={job} />}
          <dl className={css.results}>
            <Result name="Added" value={job.added} />
            <Result name="Existing" value={job.exists} />
            <Result name="Left out" value={badLines.length} />
          </dl>
          <Group gap="sm">
            {isUnderWay(job) ? (
              <Button variant="default" loading={phase === 'stopping'} onClick={stopImport}>
                Stop
              </Button>
            ) : (
              <>
                {phase === 'done' ? (
                  <Button component={Link} href="/users">
                    See the users
                  </Button>
                ) : (
                  <Button onClick={onAgain}>Run it again</Button>
                )}
                <Button variant="default" onClick={onAnother}>
                  Import another file
                </Button>
              </>
            )}
          </Group>
        </Stack>
      </Panel>
      {!isUnderWay(job) && badLines.length > 0 && (
        <Panel title="Lines that were left out">
          <BadLines badLines={badLines} />
        </Panel>
      )}
    </>
  )
}

function UnderWay({ job: { rows, rowCount } }: { readonly job: ImportJob }) {
  return (
    <div>
      <Progress size="lg" value={(rows / rowCount) * 100} aria-label="How much of the file was imported" />
      <Group justify="space-between" gap="xs" mt={4}>
        <Text size="sm" className="number">
          {exactNumber(rows)} of {exactNumber(rowCount)}
        </Text>
        <Text size="sm" c="dimmed">
          You may look at other places meanwhile, but keep this tab open.
        </Text>
      </Group>
    </div>
  )
}

function Ended({ job: { phase, rows, rowCount, error } }: { readonly job: ImportJob }) {
  const rest = rowCount - rows
  if (phase === 'failed') {
    return (
      <Alert color="red" role="alert" title="The import was broken off">
        {error instanceof ApiError ? error.message : 'The file can no longer be read. Choose it again.'}{' '}
        {counted(rest, 'row')} {rest === 1 ? 'was' : 'were'} not sent. What was sent stays; run it again, and
        nobody is counted twice.
      </Alert>
    )
  }
  return (
    <Text role="status">
      {phase === 'done'
        ? 'Every row was sent.'
        : `${counted(rest, 'row')} ${rest === 1 ? 'was' : 'were'} not sent. What was sent stays; run it again, and nobody is counted twice.`}
    </Text>
  )
}

function Result({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div className={css.result}>
      <dt>{name}</dt>
      <dd>
        <Amount value={value} />
      </dd>
    </div>
  )
}
