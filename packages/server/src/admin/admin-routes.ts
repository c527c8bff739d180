import { decorateAdmin, requireAdmin } from '../http/admin-access.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { Services } from '../services.ts'
import { recordActsIn } from './admin-act.ts'
import { adminAuditRoutes } from './admin-audit-routes.ts'
import { adminExportRoutes } from './admin-export-routes.ts'
import { adminLinkRoutes } from './admin-link-routes.ts'
import { adminOverviewRoutes } from './admin-overview-routes.ts'
import { adminPlanPreviewRoutes } from './admin-plan-preview-routes.ts'
import { adminPlanRoutes } from './admin-plan-routes.ts'
import { adminPriceRoutes } from './admin-price-routes.ts'
import { adminSessionRoutes } from './admin-session-routes.ts'
import { adminUsageRoutes } from './admin-usage-routes.ts'
import { adminUserRoutes } from './admin-user-routes.ts'
import { importRoutes } from './import-routes.ts'

/**
 * The operator's API.
 * @param adminKey null where there is none: then only users who are admins may use it
 * @param issuer the origin people reach this server at
 */
export function adminRoutes(
  app: HttpApp,
  services: Services,
  adminKey: string | null,
  issuer: () => string,
): void {
  const { attempts, audit, sessions, operators, browserCookie: cookie, users } = services
  decorateAdmin(app)
  const onlyAdmin = requireAdmin({ adminKey, sessions, operators, cookie, audit, attempts })
  const recordAct = recordActsIn(audit)
  adminUserRoutes(app, { ...services, issuer, recordAct, onlyAdmin })
  adminSessionRoutes(app, { users, sessions, recordAct, onlyAdmin })
  adminUsageRoutes(app, { ...services, recordAct, onlyAdmin })
  adminPlanRoutes(app, services.plans, recordAct, onlyAdmin)
  adminPlanPreviewRoutes(app, services.standings, onlyAdmin)
  adminOverviewRoutes(app, services.overview, onlyAdmin)
  adminPriceRoutes(app, services.prices, recordAct, onlyAdmin)
  importRoutes(app, services.imports, recordAct, onlyAdmin)
  adminAuditRoutes(app, audit, onlyAdmin)
  adminExportRoutes(app, { users, audit, recordAct, onlyAdmin })
  adminLinkRoutes(app, { operators, issuer, recordAct, onlyAdmin })
}
