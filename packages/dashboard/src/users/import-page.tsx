import { Anchor } from '@mantine/core'
import { ColumnError } from '@promptmeter/user-csv'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from 'wouter'
import { Page } from '../common/page.tsx'
import { ChooseFile } from './import/choose-file.tsx'
import { forgetImport, isUnderWay, startImport, useImportJob } from './import/import-job.ts'
import { ImportStep } from './import/import-step.tsx'
import { JobView } from './import/job-view.tsx'
import { PreviewView } from './import/preview-view.tsx'
import { useFilePreview } from './import/use-file-preview.ts'

/** Brings users along from a file: chosen, looked at, sent, reported. */
export default function ImportPage() {
  const client = useQueryClient()
  const job = useImportJob()
  const { shown, choose } = useFilePreview()
  const start = (file: File, rowCount: number) =>
    void startImport(file, rowCount, () => void client.invalidateQueries())
  const again = () => {
    forgetImport()
    void choose(null)
  }
  return (
    <Page
      title="Import users"
      about={
        <Anchor component={Link} href="/users" size="sm">
          All users
        </Anchor>
      }
    >
      {job !== null ? (
        <ImportStep key={isUnderWay(job) ? 'under way' : 'ended'}>
          <JobView job={job} onAgain={() => start(job.file, job.rowCount)} onAnother={again} />
        </ImportStep>
      ) : shown === null || shown.error !== null ? (
        <ChooseFile onChoose={choose} problem={shown?.error ? problemOf(shown.error) : null} />
      ) : (
        <ImportStep key={shown.preview === null ? 'reading' : 'read'}>
          <PreviewView
            file={shown}
            onImport={({ rowCount }) => start(shown.file, rowCount)}
            onCancel={() => void choose(null)}
          />
        </ImportStep>
      )}
    </Page>
  )
}

function problemOf(error: Error): string {
  if (error instanceof ColumnError) return error.message
  return 'The file cannot be read. Is it still there?'
}
