import { Page } from '../common/page.tsx'

export default function UsersPage() {
  return <Page title="Users">To come.</Page>
}
