import { Page } from '../common/page.tsx'

export default function ImportPage() {
  return <Page title="Import">To come.</Page>
}
