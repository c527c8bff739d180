import { Page } from '../common/page.tsx'

export default function PlansPage() {
  return <Page title="Plans">To come.</Page>
}
