import { Page } from '../common/page.tsx'

export default function MyUsagePage() {
  return <Page title="MyUsage">To come.</Page>
}
