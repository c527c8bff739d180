import { Page } from '../common/page.tsx'

export default function PricesPage() {
  return <Page title="Prices">To come.</Page>
}
