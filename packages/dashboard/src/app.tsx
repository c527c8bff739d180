import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense, useSyncExternalStore } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { createQueryClient } from './api/query-client.ts'
import { EmptyView } from './common/empty-view.tsx'
import { Notices, noticesNeeded } from './common/notify.ts'
import { Page } from './common/page.tsx'
import { PageBoundary } from './common/page-boundary.tsx'
import { PageSkeleton } from './common/page-skeleton.tsx'
import { SessionGate, useSession } from './session/session.tsx'
import { Shell } from './shell/shell.tsx'
import { theme } from './theme.ts'

const OverviewPage = lazy(() => import('./overview/overview-page.tsx'))
const UsersPage = lazy(() => import('./users/users-page.tsx'))
const UserPage = lazy(() => import('./users/user-page.tsx'))
const ImportPage = lazy(() => import('./users/import-page.tsx'))
const PlansPage = lazy(() => import('./plans/plans-page.tsx'))
const PricesPage = lazy(() => import('./prices/prices-page.tsx'))
const AuditPage = lazy(() => import('./audit/audit-page.tsx'))
const MyUsagePage = lazy(() => import('./my-usage/my-usage-page.tsx'))

const queryClient = createQueryClient()

/** Put into the page by the server, a new one with each: styles that carry it are allowed. */
const styleNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
// What keeps the page from scrolling behind a dialog takes it from here (react-remove-scroll, by get-nonce).
Object.assign(globalThis, { __webpack_nonce__: styleNonce })

export function App() {
  const needsNotices = useSyncExternalStore(noticesNeeded.subscribe, noticesNeeded.read)
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => styleNonce}>
      {needsNotices && (
        <Suspense>
          <Notices />
        </Suspense>
      )}
      <QueryClientProvider client={queryClient}>
        <SessionGate>
          <Shell>
            <Pages />
          </Shell>
        </SessionGate>
      </QueryClientProvider>
    </MantineProvider>
  )
}

/** What there is for whoever is signed in. A member's page holds nothing of an admin's; the server refuses it besides. */
function Pages() {
  const { admin, user } = useSession()
  const [path] = useLocation()
  return (
    // Of its own for each address: another place is tried though this one failed.
    <PageBoundary key={path}>
      <Suspense fallback={<PageSkeleton />}>
        <Switch>
          {admin && <Route path="/" component={OverviewPage} />}
          {admin && <Route path="/users" component={UsersPage} />}
          {admin && <Route path="/users/import" component={ImportPage} />}
          {admin && <Route path="/users/:id" component={UserPage} />}
          {admin && <Route path="/plans" component={PlansPage} />}
          {admin && <Route path="/prices" component={PricesPage} />}
          {admin && <Route path="/audit" component={AuditPage} />}
          {user !== null && <Route path="/usage" component={MyUsagePage} />}
          <Route path="/">
            <Redirect to="/usage" replace />
          </Route>
          <Route>
            <Page title="Not found">
              <EmptyView title="Nothing is here">
                {admin ? 'Choose another place.' : 'This page is for admins, or does not exist.'}
              </EmptyView>
            </Page>
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  )
}
