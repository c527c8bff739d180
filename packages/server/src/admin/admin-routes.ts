import { decorateAdmin, requireAdmin } from '../http/admin-access.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { Services } from '../services.ts'
import { recordActsIn } from './admin-act.ts'
import { adminAuditRoutes } from './admin-audit-routes.ts'
import { adminPlanRoutes } from './admin-plan-routes.ts'
import { adminPriceRoutes } from './admin-price-routes.ts'
import { adminSessionRoutes } from './admin-session-routes.ts'
import { adminUsageRoutes } from './admin-usage-routes.ts'
import { adminUserRoutes } from './admin-user-routes.ts'
import { importRoutes } from './import-routes.ts'

/** The operator's API. @param adminKey null where there is none: then only users who are admins may use it */
export function adminRoutes(app: HttpApp, services: Services, adminKey: string | null): void {
  const { attempts, audit, sessions, users } = services
  decorateAdmin(app)
  const onlyAdmin = requireAdmin({ adminKey, sessions, audit, attempts })
  const recordAct = recordActsIn(audit)
  adminUserRoutes(app, { users, removal: services.removal, recordAct, onlyAdmin })
  adminSessionRoutes(app, { users, sessions, recordAct, onlyAdmin })
  adminUsageRoutes(app, { ...services, recordAct, onlyAdmin })
  adminPlanRoutes(app, services.plans, recordAct, onlyAdmin)
  adminPriceRoutes(app, services.prices, recordAct, onlyAdmin)
  importRoutes(app, services.imports, recordAct, onlyAdmin)
  adminAuditRoutes(app, audit, onlyAdmin)
}
