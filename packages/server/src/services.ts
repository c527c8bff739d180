import { createExportService } from './account/export-service.ts'
import { createExportStore } from './account/export-store.ts'
import { createImportService } from './admin/import-service.ts'
import { createAuditService } from './audit/audit-service.ts'
import { createAuditStore } from './audit/audit-store.ts'
import type { Config } from './config/config.ts'
import type { Secrets } from './config/secrets.ts'
import { createBrowserSessionService } from './dashboard/browser-session-service.ts'
import type { Database } from './database/database.ts'
import { createRedactor } from './gateway/content-redactor.ts'
import { createUpstream } from './gateway/create-upstream.ts'
import { createGatewayService } from './gateway/gateway-service.ts'
import { createModelService } from './gateway/model-service.ts'
import { createTokenCounter } from './gateway/token-counter.ts'
import { createBrowserCookie } from './http/browser-cookie.ts'
import { createCorrectionService } from './ledger/correction-service.ts'
import { createCorrectionStore } from './ledger/correction-store.ts'
import { createLedgerService } from './ledger/ledger-service.ts'
import { createLedgerStore, type LedgerStore } from './ledger/ledger-store.ts'
import { createOpeningService } from './ledger/opening-service.ts'
import { createOpeningStore } from './ledger/opening-store.ts'
import { createRemovalService } from './ledger/removal-service.ts'
import { createRemovalStore } from './ledger/removal-store.ts'
import { createInvitationService } from './mail/invitation-service.ts'
import { createMailer } from './mail/mailer.ts'
import { createOauthRecordStore } from './oauth/oauth-record-store.ts'
import { createOverviewService } from './overview/overview-service.ts'
import { createOverviewStore } from './overview/overview-store.ts'
import { createRefusalService } from './overview/refusal-service.ts'
import { createRefusalStore } from './overview/refusal-store.ts'
import { createPlanService } from './quotas/plan-service.ts'
import { createPlanStore } from './quotas/plan-store.ts'
import { createPriceService } from './quotas/price-service.ts'
import { createPriceStore } from './quotas/price-store.ts'
import { createAttemptLimiter } from './rate-limits/attempt-limiter.ts'
import { createAttemptStore } from './rate-limits/attempt-store.ts'
import { createMacs } from './secret-keys.ts'
import { createApiKeys } from './sessions/api-key.ts'
import { createCredentialVerifier } from './sessions/credential-verifier.ts'
import { createNamedKeyService } from './sessions/named-key-service.ts'
import { createNamedKeyStore } from './sessions/named-key-store.ts'
import { createOperatorSessionService } from './sessions/operator-session-service.ts'
import { createOperatorSessionStore } from './sessions/operator-session-store.ts'
import { createSessionService } from './sessions/session-service.ts'
import { createSessionStore } from './sessions/session-store.ts'
import { createSessionTokens } from './sessions/session-token.ts'
import { createChallengeStore } from './sign-in/challenge-store.ts'
import { createEmailWay } from './sign-in/email-way.ts'
import { createIdentityStore } from './sign-in/identity-store.ts'
import { createNetworkAttempts } from './sign-in/network-attempts.ts'
import { createSignInService } from './sign-in/sign-in-service.ts'
import { createSignUpService } from './sign-in/sign-up-service.ts'
import type { Logger } from './telemetry/logger.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createUsageEventService } from './usage/usage-event-service.ts'
import { createUsageEventStore } from './usage/usage-event-store.ts'
import { createUsageService } from './usage/usage-service.ts'
import { createUsageStore } from './usage/usage-store.ts'
import { createStandingService } from './users/standing-service.ts'
import { createStandingStore } from './users/standing-store.ts'
import { createUserService } from './users/user-service.ts'
import { createUserStore } from './users/user-store.ts'

export type Services = ReturnType<typeof createServices>

export interface ServiceParts {
  readonly config: Config
  readonly secrets: Secrets
  readonly database: Database
  readonly logger: Logger
  /** Another store for usage; a benchmark measures with it what the database costs. */
  readonly ledgerStore?: LedgerStore
  /** Where a server that sends no mail shows its codes; standard output when left out. */
  readonly print?: (line: string) => void
}

/** The users alone, in a transaction of the caller. */
export function createUsers(kysely: Database['kysely']) {
  return createUserService(createUserStore({ kysely }))
}

/** The one place where stores become services. */
export function createServices({
  config,
  secrets,
  database,
  logger,
  ledgerStore,
  print = (line) => void process.stdout.write(`${line}\n`),
}: ServiceParts) {
  const metrics = createMetrics()
  const users = createUsers(database.kysely)
  const { gateway: gatewayConfig } = config
  const plans = createPlanService(createPlanStore(database))
  const prices = createPriceService(createPriceStore(database))

  const tokens = createSessionTokens(secrets.jwt)
  const apiKeys = createApiKeys(secrets.jwt)
  const verifier = createCredentialVerifier(tokens, apiKeys)
  const sessionStore = createSessionStore(database)
  const sessions = createSessionService({ store: sessionStore, tokens, apiKeys, verifier })
  const keys = createNamedKeyService({
    store: createNamedKeyStore(database),
    sessions: sessionStore,
    apiKeys,
  })
  const audit = createAuditService(createAuditStore(database))
  const operators = createOperatorSessionService(
    createOperatorSessionStore(database),
    // Whoever changes the admin key means to end what was opened with it.
    createMacs(secrets.jwt, `operator sessions v1 ${secrets.adminKey ?? ''}`),
  )
  const browserCookie = createBrowserCookie(config.signIn.publicUrl)
  const browserSessions = createBrowserSessionService({ sessions, operators, audit })
  const attempts = createAttemptLimiter(database, createMacs(secrets.jwt, 'rate limits v1'))
  const identities = createIdentityStore(database)
  const signIn = createSignInService({ users, sessions, identities, audit, attempts, config: config.signIn })
  const challenges = createChallengeStore(database)
  const mailer = config.signIn.mail === null ? null : createMailer(config.signIn.mail, logger, print)
  const invitations = createInvitationService(mailer, config.signIn.appName)
  const emailWay =
    mailer === null
      ? null
      : createEmailWay({
          store: challenges,
          signIn,
          attempts,
          mailer,
          macs: createMacs(secrets.jwt, 'sign-in codes v1'),
          appName: config.signIn.appName,
        })
  const network = createNetworkAttempts(attempts, signIn, config.signIn.attemptsPerNetwork)
  const signUp = createSignUpService({ users, signIn, email: emailWay, network, config: config.signIn })
  const oauthRecords = createOauthRecordStore(database)
  const expired = createAttemptStore(database)
  /** What signing in leaves behind, each kind by itself. */
  const tidySignIn = [
    challenges.deleteExpired,
    oauthRecords.deleteExpired,
    operators.deleteExpired,
    () => expired.deleteExpired(Date.now()),
  ]

  const ledger = createLedgerService(ledgerStore ?? createLedgerStore(database), {
    ...config.writes,
    observer: {
      committed: metrics.batchCommitted,
      retried(error) {
        metrics.batchRetried()
        logger.warn({ err: error }, 'a batch of usage is tried again')
      },
      uncertain(error, calls) {
        logger.error({ err: error, calls }, 'a commit broke off; its calls are answered with 503')
      },
      rejected(error) {
        metrics.callRejected()
        logger.error({ err: error }, 'the database refused a usage event')
      },
    },
    recorded: metrics.usageRecorded,
  })
  metrics.watchQueue(() => ledger.waiting)
  const usage = createUsageService(ledger, createUsageStore(database))
  const usageEvents = createUsageEventService(createUsageEventStore(database))

  const counter = createTokenCounter()
  const redactor = createRedactor(secrets.apiKey)
  const gateway = createGatewayService({
    config: gatewayConfig,
    ledger,
    upstream: createUpstream(gatewayConfig, secrets.apiKey, counter),
    redactor,
    counter,
    metrics: metrics.gateway,
    logger,
  })
  const models = createModelService(gateway, sessions, redactor)

  const corrections = createCorrectionService(createCorrectionStore(database), config.writes)
  const removal = createRemovalService(createRemovalStore(database), config.writes)
  const imports = createImportService(createOpeningService(createOpeningStore(database), config.writes))

  const standings = createStandingService(createStandingStore(database))
  const refusals = createRefusalService(createRefusalStore(database))
  const overview = createOverviewService({ store: createOverviewStore(database), standings, refusals })

  const exports = createExportService(createExportStore(database), users)

  return {
    metrics,
    users,
    plans,
    prices,
    sessions,
    operators,
    browserCookie,
    browserSessions,
    keys,
    exports,
    audit,
    attempts,
    signIn,
    signUp,
    network,
    mailer,
    invitations,
    emailWay,
    oauthRecords,
    tidySignIn,
    ledger,
    usage,
    usageEvents,
    gateway,
    models,
    corrections,
    removal,
    imports,
    standings,
    refusals,
    overview,
  }
}
