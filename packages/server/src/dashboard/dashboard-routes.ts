import type { HttpApp } from '../http/http-app.ts'
import type { Services } from '../services.ts'
import { browserSessionRoutes } from './browser-session-routes.ts'
import { dashboardSignInRoutes } from './dashboard-sign-in-routes.ts'
import type { DashboardSignIns } from './dashboard-sign-ins.ts'
import { dashboardPageRoutes } from './page-routes.ts'

export interface DashboardParts {
  readonly services: Services
  readonly signIns: DashboardSignIns
  readonly appName: string
  /** Where it was built to. */
  readonly folder: string
}

/** The page at `/`, how a browser signs in to it, and who it is signed in as. */
export async function dashboardRoutes(app: HttpApp, parts: DashboardParts): Promise<void> {
  const { services, signIns, appName, folder } = parts
  const { browserCookie: cookie, mailer } = services
  browserSessionRoutes(app, { ...services, cookie, appName, canInvite: mailer !== null })
  await dashboardSignInRoutes(app, { ...services, cookie, signIns, appName })
  await dashboardPageRoutes(app, folder, appName)
}
