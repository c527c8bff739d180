import type { SignInMethod } from '@promptmeter/contract'
import type { RequestOrigin } from '../audit/audit-event.ts'
import type { JwtSecrets } from '../secret-keys.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { AdapterParts } from './record-adapter.ts'
import type { RedirectRules } from './redirect-rules.ts'

/** A grant that was redeemed, on its way to a session. */
export interface Redemption {
  readonly userId: string
  readonly grantId: string
  readonly method: SignInMethod
  readonly origin: RequestOrigin
}

export interface AuthorizationServerParts {
  readonly redirects: RedirectRules
  readonly appName: string
  readonly secrets: JwtSecrets
  readonly records: AdapterParts
  readonly corsOrigins: readonly string[]
  readonly logger: Logger
  /** Whether the user is there and enabled. */
  isWelcome(userId: string): Promise<boolean>
  /** Starts a session and gives its token; null where the grant or its user has ended meanwhile. */
  redeem(redemption: Redemption): Promise<string | null>
  /** Told of each grant that the token endpoint refuses, by the code of OAuth. */
  refused(code: string): void
}
