import { Page } from '../common/page.tsx'

export default function AuditPage() {
  return <Page title="Audit">To come.</Page>
}
