import { describe, expect, it } from 'vitest'
import { type ConfigError, parseConfig } from '../src/config/config.ts'

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

const SECRET = 's'.repeat(32)
const OUTSIDE = { HOST: '0.0.0.0', JWT_SECRET: SECRET, PUBLIC_URL: 'https://meter.example.com' }
const MAIL = { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'Meter <no-reply@example.com>' }
const GITHUB = { GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'secret' }
const OIDC = { OIDC_ISSUER: 'google', OIDC_CLIENT_ID: 'id', OIDC_CLIENT_SECRET: 'secret' }

/** Settings that are refused, and how the first problem begins. */
const REFUSED: Record<string, [Record<string, string>, RegExp]> = {
  'no way at all': [{ SIGN_IN: ',' }, /^SIGN_IN must name a way/],
  'a way that does not exist': [
    { SIGN_IN: 'password' },
    /^SIGN_IN must be one of trusted, email, github, oidc/,
  ],
  'trusted beside a way that proves something': [
    { SIGN_IN: 'trusted,email' },
    /^SIGN_IN must name trusted alone/,
  ],
  'admins by address where an address proves nothing': [
    { SIGN_IN: 'trusted', ADMIN_EMAILS: 'a@example.com' },
    /^ADMIN_EMAILS needs another SIGN_IN/,
  ],
  'email for others without a mail server': [{ ...OUTSIDE, SIGN_IN: 'email' }, /^SMTP_URL is required/],
  'email without a sender': [{ SIGN_IN: 'email', SMTP_URL: MAIL.SMTP_URL }, /^MAIL_FROM is required/],
  'a sender that is no address': [
    { ...MAIL, SIGN_IN: 'email', MAIL_FROM: 'Meter' },
    /^MAIL_FROM must be a mail address/,
  ],
  'a sender of two lines': [
    { ...MAIL, SIGN_IN: 'email', MAIL_FROM: 'Meter\r\nBcc: all <a@example.com>' },
    /^MAIL_FROM must be a mail address/,
  ],
  'a mail server that is no URL': [
    { SIGN_IN: 'email', SMTP_URL: 'mail.example.com' },
    /^SMTP_URL must be a URL/,
  ],
  'github without its app': [{ SIGN_IN: 'github' }, /^GITHUB_CLIENT_ID is required/],
  'github in clear': [
    { ...GITHUB, SIGN_IN: 'github', GITHUB_URL: 'http://git.example.com' },
    /^GITHUB_URL must be a URL that starts with https/,
  ],
  'oidc without an issuer': [{ ...OIDC, SIGN_IN: 'oidc', OIDC_ISSUER: '' }, /^OIDC_ISSUER is required/],
  'oidc without its client': [{ SIGN_IN: 'oidc', OIDC_ISSUER: 'google' }, /^OIDC_CLIENT_ID is required/],
  'oidc in clear': [
    { ...OIDC, SIGN_IN: 'oidc', OIDC_ISSUER: 'http://id.example.com' },
    /^OIDC_ISSUER must be a URL that starts with https/,
  ],
  'others let in without an origin to build links from': [
    { ...OUTSIDE, ...GITHUB, SIGN_IN: 'github', PUBLIC_URL: '' },
    /^PUBLIC_URL is required/,
  ],
  'a public origin in clear': [
    { ...OUTSIDE, ...GITHUB, SIGN_IN: 'github', PUBLIC_URL: 'http://meter.example.com' },
    /^PUBLIC_URL must start with https/,
  ],
  'a public origin with a path': [
    { PUBLIC_URL: 'https://meter.example.com/base' },
    /^PUBLIC_URL must hold origins/,
  ],
  'a port nobody can know beforehand': [
    { SIGN_IN: 'email', PORT: '0' },
    /^PUBLIC_URL is required with PORT=0/,
  ],
  'a public origin while nobody chose SIGN_IN': [
    { PUBLIC_URL: 'https://meter.example.com' },
    /^SIGN_IN must be chosen/,
  ],
  'a scheme that browsers run': [{ REDIRECT_SCHEMES: 'vscode,javascript' }, /^REDIRECT_SCHEMES must hold/],
  'https as an editor': [{ REDIRECT_SCHEMES: 'https' }, /^REDIRECT_SCHEMES must hold/],
  'a redirect origin in clear': [
    { REDIRECT_ORIGINS: 'http://app.example.com' },
    /^REDIRECT_ORIGINS must hold/,
  ],
  'trust in every proxy': [{ TRUST_PROXY: 'true' }, /^TRUST_PROXY must be/],
  'trust in no network': [{ TRUST_PROXY: '10.0.0.0/33' }, /^TRUST_PROXY must be/],
  'a domain that is none': [
    { REGISTRATION_DOMAINS: 'https://example.com' },
    /^REGISTRATION_DOMAINS must hold/,
  ],
}

describe('a start', () => {
  it.each(Object.entries(REFUSED))('is refused with %s', (_name, [environment, problem]) => {
    const problems = problemsOf(environment)
    expect(problems[0]).toMatch(problem)
    expect(problems.join()).not.toContain('secret')
  })

  it.each([
    [{ ...OUTSIDE, ...MAIL, SIGN_IN: 'email', ADMIN_EMAILS: 'Ada@Example.com' }],
    [{ ...OUTSIDE, ...GITHUB, SIGN_IN: 'github' }],
    [{ ...OUTSIDE, ...OIDC, ...MAIL, ...GITHUB, SIGN_IN: 'oidc, email ,github' }],
    [{ ...OUTSIDE, SIGN_IN: 'trusted', PUBLIC_URL: '' }],
    [{ SIGN_IN: 'email' }],
    [{ ...OIDC, SIGN_IN: 'oidc', OIDC_ISSUER: 'http://127.0.0.1:4000' }],
    [{ TRUST_PROXY: '1', REDIRECT_ORIGINS: 'https://vscode.dev', REDIRECT_SCHEMES: 'vscode://, my-editor:' }],
    [{ TRUST_PROXY: 'loopback, 10.0.0.0/8, ::1' }],
  ])('goes on with %j', (environment) => {
    expect(problemsOf(environment as Record<string, string>)).toEqual([])
  })

  it('takes Google by its name', () => {
    const { oidc } = parseConfig({ ...OIDC, SIGN_IN: 'oidc' }).signIn
    expect(oidc).toMatchObject({ issuer: 'https://accounts.google.com', name: 'Google' })
  })
})
