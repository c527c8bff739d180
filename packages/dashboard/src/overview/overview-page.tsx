import { Page } from '../common/page.tsx'
import { UsageChart } from '../common/usage-chart.tsx'

export default function OverviewPage() {
  return (
    <Page title="Overview">
      <UsageChart buckets={[]} interval="day" meter="promptCount" label="Prompts" />
    </Page>
  )
}
