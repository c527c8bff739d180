import { requireAdminKey } from '../http/admin-key.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { Services } from '../services.ts'
import { adminPlanRoutes } from './admin-plan-routes.ts'
import { adminPriceRoutes } from './admin-price-routes.ts'
import { adminSessionRoutes } from './admin-session-routes.ts'
import { adminUsageRoutes } from './admin-usage-routes.ts'
import { adminUserRoutes } from './admin-user-routes.ts'
import { importRoutes } from './import-routes.ts'

/** The operator's API. @param adminKey null where there is none: then every route refuses with `admin_disabled` */
export function adminRoutes(app: HttpApp, services: Services, adminKey: string | null): void {
  const onlyAdmin = requireAdminKey(adminKey)
  adminUserRoutes(app, services.users, services.removal, onlyAdmin)
  adminSessionRoutes(app, services.users, services.sessions, onlyAdmin)
  adminUsageRoutes(app, services.users, services.usage, services.corrections, onlyAdmin)
  adminPlanRoutes(app, services.plans, onlyAdmin)
  adminPriceRoutes(app, services.prices, onlyAdmin)
  importRoutes(app, services.imports, onlyAdmin)
}
