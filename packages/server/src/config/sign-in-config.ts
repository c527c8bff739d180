import type { SignInMethod } from '@promptmeter/contract'
import { EDITORS } from './editors.ts'
import { isLoopbackHost } from './loopback.ts'
import {
  choice,
  domain,
  email,
  headerValue,
  integer,
  label,
  list,
  mailbox,
  networks,
  origin,
  type SettingReader,
  uriScheme,
  url,
} from './setting.ts'

export interface SignInConfig {
  /** The ways in that are open; `trusted` stands alone. */
  readonly ways: readonly SignInMethod[]
  /** True while nobody chose `SIGN_IN`: then only requests that surely come from this machine are served. */
  readonly implied: boolean
  readonly registration: 'invited' | 'open'
  /** Where registration is open: only addresses of these domains may register; empty for all. */
  readonly registrationDomains: readonly string[]
  /** Who becomes an admin by signing in. */
  readonly adminEmails: readonly string[]
  /** What pages and mails call this service. */
  readonly appName: string
  /** The origin that links are built from; `null` means the loopback address the server listens on. */
  readonly publicUrl: string | null
  /** Whose `X-Forwarded-For` counts: so many proxies, or these addresses and networks; `null` for nobody's. */
  readonly trustProxy: number | readonly string[] | null
  /** Sign-ins begun, and codes tried, from one network in ten minutes. */
  readonly attemptsPerNetwork: number
  readonly mail: MailConfig | null
  readonly github: GithubConfig | null
  readonly oidc: OidcConfig | null
  /** Where a finished sign-in of an editor may be sent to, besides loopback addresses. */
  readonly redirects: { readonly schemes: readonly string[]; readonly origins: readonly string[] }
}

export interface MailConfig {
  /** `null` means: no mail is sent, codes are printed (on loopback alone). Holds a password: never log it. */
  readonly smtpUrl: string | null
  readonly from: string
}

export interface GithubConfig {
  readonly clientId: string
  readonly clientSecret: string
  /** `https://github.com`, or a GitHub Enterprise Server; no slash at the end. */
  readonly url: string
}

export interface OidcConfig {
  /** The issuer's identifier, exactly as it is spelled there. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** What its button is called. */
  readonly name: string
}

const GOOGLE_ISSUER = 'https://accounts.google.com'

/** As in the contract, which would bring its schemas along to every command. */
const WAYS = ['trusted', 'email', 'github', 'oidc'] as const satisfies readonly SignInMethod[]

export function readSignIn(settings: SettingReader, host: string, port: number): SignInConfig {
  const chosen = settings.read('SIGN_IN', list(choice(...WAYS)), null)
  const ways = [...new Set(chosen ?? ['trusted' as const])]
  const config: SignInConfig = {
    ways,
    implied: chosen === null,
    registration: settings.read('REGISTRATION', choice('invited', 'open'), 'invited'),
    registrationDomains: settings.read('REGISTRATION_DOMAINS', list(domain()), []),
    adminEmails: settings.read('ADMIN_EMAILS', list(email()), []),
    appName: settings.read('APP_NAME', label(60), 'Promptmeter'),
    publicUrl: settings.read('PUBLIC_URL', origin(), null),
    trustProxy: settings.read('TRUST_PROXY', networks(), null),
    attemptsPerNetwork: settings.read('SIGN_IN_ATTEMPTS_PER_NETWORK', integer(5, 1_000_000), 100),
    mail: ways.includes('email') ? readMail(settings) : null,
    github: ways.includes('github') ? readGithub(settings) : null,
    oidc: ways.includes('oidc') ? readOidc(settings) : null,
    redirects: {
      schemes: settings.read('REDIRECT_SCHEMES', list(uriScheme()), Object.keys(EDITORS)),
      origins: settings.read('REDIRECT_ORIGINS', list(origin('https:')), []),
    },
  }
  checkWays(config, settings)
  checkPublicUrl(config, host, port, settings)
  if (config.mail?.smtpUrl === null && !isLoopbackHost(host)) {
    settings.problem('SMTP_URL', `is required with SIGN_IN=email when HOST is ${host}: codes go by mail`)
  }
  return config
}

function readMail(settings: SettingReader): MailConfig {
  const smtpUrl = settings.read('SMTP_URL', url('smtp:', 'smtps:'), null)
  const from = settings.read('MAIL_FROM', mailbox(), null)
  if (smtpUrl !== null && from === null) {
    settings.problem('MAIL_FROM', 'is required with SMTP_URL, such as Promptmeter <no-reply@example.com>')
  }
  return { smtpUrl, from: from ?? '' }
}

function readGithub(settings: SettingReader): GithubConfig {
  const address = settings.read('GITHUB_URL', secureUrl(), 'https://github.com')
  return {
    clientId: required(settings, 'GITHUB_CLIENT_ID', 'github'),
    clientSecret: required(settings, 'GITHUB_CLIENT_SECRET', 'github'),
    url: address.replace(/\/+$/, ''),
  }
}

function readOidc(settings: SettingReader): OidcConfig {
  const issuer = settings.read(
    'OIDC_ISSUER',
    (text) => (text.toLowerCase() === 'google' ? GOOGLE_ISSUER : secureUrl()(text)),
    null,
  )
  if (issuer === null) settings.problem('OIDC_ISSUER', 'is required with SIGN_IN=oidc: a URL, or google')
  return {
    issuer: issuer ?? '',
    clientId: required(settings, 'OIDC_CLIENT_ID', 'oidc'),
    clientSecret: required(settings, 'OIDC_CLIENT_SECRET', 'oidc'),
    name: settings.read('OIDC_NAME', label(60), issuer === GOOGLE_ISSUER ? 'Google' : 'single sign-on'),
  }
}

function required(settings: SettingReader, name: string, way: string): string {
  const value = settings.read(name, headerValue(), null)
  if (value === null) settings.problem(name, `is required with SIGN_IN=${way}`)
  return value ?? ''
}

/** A password or code must not travel in clear, except on this machine. */
function secureUrl() {
  return (text: string) => {
    const value = url('https:', 'http:')(text)
    return isLoopbackHost(new URL(value).hostname) ? value : url('https:')(value)
  }
}

function checkWays({ ways, implied, adminEmails }: SignInConfig, settings: SettingReader): void {
  if (ways.length === 0) settings.problem('SIGN_IN', `must name a way to sign in: ${WAYS.join(', ')}`)
  if (ways.includes('trusted') && ways.length > 1) {
    settings.problem('SIGN_IN', 'must name trusted alone: beside it no other way would prove anything')
  }
  if (ways.includes('trusted') && !implied && adminEmails.length > 0) {
    settings.problem(
      'ADMIN_EMAILS',
      'needs another SIGN_IN than trusted, under which anybody could be that address',
    )
  }
}

function checkPublicUrl(
  { publicUrl, ways, implied }: SignInConfig,
  host: string,
  port: number,
  settings: SettingReader,
): void {
  if (publicUrl === null) {
    const provesAddresses = !ways.includes('trusted')
    if (provesAddresses && !isLoopbackHost(host)) {
      settings.problem(
        'PUBLIC_URL',
        `is required when HOST is ${host}: the origin people reach this server at, such as https://meter.example.com`,
      )
    }
    if (provesAddresses && port === 0) settings.problem('PUBLIC_URL', 'is required with PORT=0')
    return
  }
  const { protocol, hostname } = new URL(publicUrl)
  if (protocol !== 'https:' && !isLoopbackHost(hostname)) {
    settings.problem('PUBLIC_URL', 'must start with https:// unless it is a loopback address')
  }
  if (implied && !isLoopbackHost(hostname)) {
    settings.problem(
      'SIGN_IN',
      `must be chosen when PUBLIC_URL is ${publicUrl}: others can reach this server`,
    )
  }
}
