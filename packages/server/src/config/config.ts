import { resolve } from 'node:path'
import { isLoopbackHost } from './loopback.ts'
import {
  choice,
  flag,
  headerValue,
  integer,
  list,
  originPattern,
  SettingReader,
  text,
  url,
} from './setting.ts'
import { readSignIn, type SignInConfig } from './sign-in-config.ts'

/** Everything an operator can set. `.env.example` says the same in prose. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly database: DatabaseConfig
  readonly signIn: SignInConfig
  readonly secrets: SecretConfig
  readonly http: HttpConfig
  readonly writes: WriteConfig
  readonly gateway: GatewayConfig
}

/** Where the data is, and where the secrets that go with it. */
export type StorageConfig = Pick<Config, 'dataDir' | 'database' | 'secrets'>

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface DatabaseConfig {
  /** `null` means the embedded database in the data folder. */
  readonly url: string | null
  readonly poolSize: number
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  /** Off for poolers that hand each transaction another connection without tracking prepared statements. */
  readonly prepare: boolean
  /** No timeouts at all: for migrations and backups, which take as long as they take. Not a setting. */
  readonly patient?: boolean
}

export interface SecretConfig {
  /** `null` means: made once and kept in the data folder. */
  readonly jwtSecret: string | null
  readonly previousJwtSecrets: readonly string[]
  /** `null` means: made once and kept in the data folder while embedded, otherwise no admin API. */
  readonly adminKey: string | null
  /** The operator's key at the AI provider; `null` means that there is none. */
  readonly apiKey: string | null
}

export interface HttpConfig {
  readonly bodyLimitBytes: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly shutdownDelayMs: number
  readonly corsOrigins: readonly string[]
}

export interface WriteConfig {
  /** Most calls that may wait for the database; the next one is refused. */
  readonly queueLimit: number
  /** Longest a call waits for its commit before it is refused. */
  readonly deadlineMs: number
}

export interface GatewayConfig {
  /** Where calls go, without a slash at the end. */
  readonly upstreamUrl: string
  /** With no key, embedded on loopback: a model of our own answers instead. */
  readonly demo: boolean
  /** Where a user can get more; named when a limit is reached. */
  readonly upgradeUrl: string | null
  readonly connectTimeoutMs: number
  /** From the request to the first byte of the answer. */
  readonly firstByteTimeoutMs: number
  /** Between two pieces of an answer, and between two that a client takes. */
  readonly idleTimeoutMs: number
  readonly bodyLimitBytes: number
  /** How long a hold lives that nobody renews. */
  readonly holdLifetimeMs: number
  /** How long a stopping server lets calls finish. */
  readonly shutdownGraceMs: number
}

/** Shortest secret HS256 may be keyed with, in bytes (RFC 7518, 3.2). */
export const MIN_SECRET_BYTES = 32

/** All problems of a configuration at once, one per line. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `Promptmeter cannot start with these settings:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    )
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** @throws ConfigError with every problem found */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const settings = new SettingReader(environment)

  const host = settings.read('HOST', text(), '127.0.0.1')
  const port = settings.read('PORT', integer(0, 65535), 3000)
  const storage = readStorage(settings)
  const config: Config = {
    host,
    port,
    logLevel: settings.read('LOG_LEVEL', choice(...LOG_LEVELS), 'info'),
    ...storage,
    signIn: readSignIn(settings, host, port),
    http: {
      bodyLimitBytes: settings.read('BODY_LIMIT_BYTES', integer(1024, 1024 ** 3), 1024 ** 2),
      requestTimeoutMs: settings.read('REQUEST_TIMEOUT_MS', integer(1000, 3_600_000), 30_000),
      keepAliveTimeoutMs: settings.read('KEEP_ALIVE_TIMEOUT_MS', integer(1000, 3_600_000), 72_000),
      shutdownDelayMs: settings.read('SHUTDOWN_DELAY_MS', integer(0, 600_000), 0),
      corsOrigins: settings.read('CORS_ORIGINS', list(originPattern()), []),
    },
    writes: {
      queueLimit: settings.read('WRITE_QUEUE_LIMIT', integer(1, 1_000_000), 10_000),
      deadlineMs: settings.read('WRITE_DEADLINE_MS', integer(100, 600_000), 5_000),
    },
    gateway: {
      upstreamUrl: readUpstreamUrl(settings),
      demo: storage.secrets.apiKey === null && storage.database.url === null && isLoopbackHost(host),
      upgradeUrl: settings.read('UPGRADE_URL', url('https:', 'http:'), null),
      connectTimeoutMs: settings.read('UPSTREAM_CONNECT_TIMEOUT_MS', integer(100, 600_000), 5_000),
      firstByteTimeoutMs: settings.read('UPSTREAM_FIRST_BYTE_TIMEOUT_MS', integer(100, 3_600_000), 300_000),
      idleTimeoutMs: settings.read('UPSTREAM_IDLE_TIMEOUT_MS', integer(100, 3_600_000), 120_000),
      bodyLimitBytes: settings.read('GATEWAY_BODY_LIMIT_BYTES', integer(1024, 1024 ** 3), 32 * 1024 ** 2),
      holdLifetimeMs: settings.read('HOLD_LIFETIME_MS', integer(1_000, 3_600_000), 60_000),
      shutdownGraceMs: settings.read('SHUTDOWN_GRACE_MS', integer(0, 3_600_000), 30_000),
    },
  }

  checkSecrets(config, settings)
  checkExposure(config, settings)
  if (settings.problems.length > 0) throw new ConfigError(settings.problems)
  return config
}

/**
 * The settings that say where the data is, without those that only a server needs.
 * @throws ConfigError with every problem found
 */
export function parseStorageConfig(environment: Readonly<Record<string, string | undefined>>): StorageConfig {
  const settings = new SettingReader(environment)
  const config = readStorage(settings)
  if (settings.problems.length > 0) throw new ConfigError(settings.problems)
  return config
}

function readStorage(settings: SettingReader): StorageConfig {
  return {
    dataDir: resolve(settings.read('DATA_DIR', text(), './data')),
    database: {
      url: settings.read('DATABASE_URL', url('postgres:', 'postgresql:'), null),
      poolSize: settings.read('DATABASE_POOL_SIZE', integer(2, 1000), 10),
      statementTimeoutMs: settings.read('DATABASE_STATEMENT_TIMEOUT_MS', integer(0, 3_600_000), 10_000),
      lockTimeoutMs: settings.read('DATABASE_LOCK_TIMEOUT_MS', integer(0, 3_600_000), 5_000),
      prepare: settings.read('DATABASE_PREPARE', flag(), true),
    },
    secrets: {
      jwtSecret: settings.read('JWT_SECRET', text(), null),
      previousJwtSecrets: settings.read('JWT_SECRET_PREVIOUS', list(text()), []),
      adminKey: settings.read('ADMIN_KEY', text(), null),
      apiKey: settings.read('API_KEY', headerValue(), null),
    },
  }
}

function readUpstreamUrl(settings: SettingReader): string {
  const text = settings.read('UPSTREAM_URL', url('https:', 'http:'), 'https://api.openai.com/v1')
  const { username, password, search, hash } = new URL(text)
  if (username + password + search + hash !== '') {
    settings.problem(
      'UPSTREAM_URL',
      'must have no user, password, query or fragment; the key goes into API_KEY',
    )
  }
  return text.replace(/\/+$/, '')
}

function checkSecrets(config: Config, settings: SettingReader): void {
  const { jwtSecret, previousJwtSecrets } = config.secrets
  const howToMake = 'make one with: node -p "crypto.randomBytes(32).toString(\'base64url\')"'
  if (jwtSecret !== null && Buffer.byteLength(jwtSecret) < MIN_SECRET_BYTES) {
    settings.problem('JWT_SECRET', `must be at least ${MIN_SECRET_BYTES} bytes long; ${howToMake}`)
  }
  if (jwtSecret?.includes(',')) {
    settings.problem(
      'JWT_SECRET',
      `must not hold a comma: JWT_SECRET_PREVIOUS could not list it later; ${howToMake}`,
    )
  }
  if (previousJwtSecrets.some((secret) => Buffer.byteLength(secret) < MIN_SECRET_BYTES)) {
    settings.problem(
      'JWT_SECRET_PREVIOUS',
      `must hold secrets of at least ${MIN_SECRET_BYTES} bytes, between commas`,
    )
  }
  if (jwtSecret === null && config.database.url !== null) {
    settings.problem('JWT_SECRET', `is required with DATABASE_URL, the same on every replica; ${howToMake}`)
  } else if (jwtSecret === null && !isLoopbackHost(config.host)) {
    settings.problem('JWT_SECRET', `is required when HOST is not a loopback address; ${howToMake}`)
  }
}

function checkExposure(config: Config, settings: SettingReader): void {
  if (isLoopbackHost(config.host)) return
  if (config.signIn.implied) {
    settings.problem(
      'SIGN_IN',
      `must be chosen when HOST is ${config.host}: whoever reaches this address could sign in as anybody who is known ` +
        'to it. Choose email, github or oidc; SIGN_IN=trusted accepts the risk (behind your own sign-in, say); or keep ' +
        'HOST=127.0.0.1',
    )
  }
  const { adminKey } = config.secrets
  if (adminKey !== null && Buffer.byteLength(adminKey) < MIN_SECRET_BYTES) {
    settings.problem(
      'ADMIN_KEY',
      `must be at least ${MIN_SECRET_BYTES} bytes long when HOST is not a loopback address`,
    )
  }
}
