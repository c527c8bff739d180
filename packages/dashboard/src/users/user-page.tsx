import { Page } from '../common/page.tsx'

export default function UserPage() {
  return <Page title="User">To come.</Page>
}
