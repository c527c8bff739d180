import { execFile } from 'node:child_process'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTokenFunctions, TokenError } from '../src/index.ts'
import { createSessionTokens } from '../src/sessions/session-token.ts'

const execute = promisify(execFile)

const SECRET = 'test-secret-test-secret-test-secret-1'
const OTHER_SECRET = 'test-secret-test-secret-test-secret-2'
const DAY_MS = 24 * 60 * 60 * 1000
const claims = { userId: 'a-user', email: 'user@example.com', apiKey: 'pm_key' }

const tokens = createSessionTokens([SECRET])
const nowSeconds = () => Math.floor(Date.now() / 1000)

/** Signs whatever it is given, as an attacker with the secret, or without it, could. */
function forge(header: object, payload: object, secret = SECRET, hash = 'sha256'): string {
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}

const HS256 = { alg: 'HS256', typ: 'JWT' }
const goodPayload = () => ({
  ...claims,
  sid: 'a-session',
  iss: 'promptmeter',
  iat: nowSeconds(),
  exp: nowSeconds() + 60,
})

describe('a session token', () => {
  it('says who holds it, for 30 days', async () => {
    const issuedAt = new Date(Math.floor(Date.now() / 1000) * 1000)
    const token = await tokens.generate(claims, { sessionId: 'a-session', issuedAt })
    expect(await tokens.verify(token)).toEqual({
      ...claims,
      sessionId: 'a-session',
      expiresAt: new Date(issuedAt.getTime() + 30 * DAY_MS),
    })
    const payload = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())
    expect(Object.keys(payload).sort()).toEqual(['apiKey', 'email', 'exp', 'iat', 'iss', 'sid', 'userId'])
    expect(payload.iss).toBe('promptmeter')
  })

  it('is accepted when made by hand to the letter', async () => {
    expect(await tokens.verify(forge(HS256, goodPayload()))).toMatchObject(claims)
  })

  it('ends by itself after 30 days', async () => {
    const almost = await tokens.generate(claims, { issuedAt: new Date(Date.now() - 30 * DAY_MS + 60_000) })
    const over = await tokens.generate(claims, { issuedAt: new Date(Date.now() - 30 * DAY_MS - 1_000) })
    await expect(tokens.verify(almost)).resolves.toMatchObject(claims)
    await expect(tokens.verify(over)).rejects.toThrow(TokenError)
  })

  it('outlives a rotation of the secret while the old one is kept', async () => {
    const token = await createSessionTokens([OTHER_SECRET]).generate(claims)
    await expect(createSessionTokens([SECRET, OTHER_SECRET]).verify(token)).resolves.toMatchObject(claims)
    await expect(
      createSessionTokens([SECRET, 'x'.repeat(32), OTHER_SECRET]).verify(token),
    ).resolves.toBeTruthy()
    await expect(createSessionTokens([SECRET]).verify(token)).rejects.toThrow(TokenError)
  })

  const without = (name: string) =>
    Object.fromEntries(Object.entries(goodPayload()).filter(([key]) => key !== name))
  const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rsaSigned = () => {
    const signed = [{ alg: 'RS256' }, goodPayload()]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${signed}.${sign('sha256', Buffer.from(signed), rsaKey.privateKey).toString('base64url')}`
  }
  const publicPem = rsaKey.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const unsigned = (alg: string) => forge({ alg }, goodPayload()).replace(/[^.]*$/, '')
  const spliced = () => {
    const [header, , signature] = forge(HS256, goodPayload()).split('.')
    const payload = Buffer.from(JSON.stringify({ ...goodPayload(), userId: 'another' })).toString('base64url')
    return `${header}.${payload}.${signature}`
  }

  it.each<[string, () => string]>([
    ['unsigned, alg none', () => unsigned('none')],
    ['unsigned, alg nOnE', () => unsigned('nOnE')],
    ['unsigned, alg HS256', () => unsigned('HS256')],
    ['signed, alg none', () => forge({ alg: 'none' }, goodPayload())],
    ['HS512 with the right secret', () => forge({ alg: 'HS512' }, goodPayload(), SECRET, 'sha512')],
    ['HS384 with the right secret', () => forge({ alg: 'HS384' }, goodPayload(), SECRET, 'sha384')],
    ['HS512 that claims to be HS256', () => forge(HS256, goodPayload(), SECRET, 'sha512')],
    ['RS256', rsaSigned],
    ['HS256 keyed with a public key', () => forge(HS256, goodPayload(), publicPem)],
    ['RS256 in name, HS256 in truth', () => forge({ alg: 'RS256' }, goodPayload())],
    ['without an algorithm', () => forge({ typ: 'JWT' }, goodPayload())],
    ['with a critical extension', () => forge({ ...HS256, crit: ['b64'], b64: false }, goodPayload())],
    ['signed with another secret', () => forge(HS256, goodPayload(), OTHER_SECRET)],
    ['signed with an empty secret', () => forge(HS256, goodPayload(), '')],
    ['with the payload of another', spliced],
    ['with a cut signature', () => forge(HS256, goodPayload()).slice(0, -4)],
    ['with a part more', () => `${forge(HS256, goodPayload())}.x`],
    ['in one part', () => 'eyJhbGciOiJIUzI1NiJ9'],
    ['empty', () => ''],
    ['of dots', () => '..'],
    ['without iss', () => forge(HS256, without('iss'))],
    ['of another issuer', () => forge(HS256, { ...goodPayload(), iss: 'other' })],
    ['of several issuers', () => forge(HS256, { ...goodPayload(), iss: ['promptmeter'] })],
    ['without exp', () => forge(HS256, without('exp'))],
    ['with exp as text', () => forge(HS256, { ...goodPayload(), exp: String(nowSeconds() + 60) })],
    ['with exp null', () => forge(HS256, { ...goodPayload(), exp: null })],
    ['expired', () => forge(HS256, { ...goodPayload(), exp: nowSeconds() - 1 })],
    ['expiring this second', () => forge(HS256, { ...goodPayload(), exp: nowSeconds() })],
    ['not valid yet', () => forge(HS256, { ...goodPayload(), nbf: nowSeconds() + 60 })],
    ['without iat', () => forge(HS256, without('iat'))],
    ['with iat as text', () => forge(HS256, { ...goodPayload(), iat: 'now' })],
    ['without userId', () => forge(HS256, without('userId'))],
    ['with userId as a number', () => forge(HS256, { ...goodPayload(), userId: 7 })],
    ['without email', () => forge(HS256, without('email'))],
    ['with email as a list', () => forge(HS256, { ...goodPayload(), email: ['user@example.com'] })],
    ['without apiKey', () => forge(HS256, without('apiKey'))],
    ['with apiKey null', () => forge(HS256, { ...goodPayload(), apiKey: null })],
    ['with sid as a number', () => forge(HS256, { ...goodPayload(), sid: 7 })],
    ['with a list for claims', () => forge(HS256, [claims])],
    ['longer than 4096 characters', () => forge(HS256, { ...goodPayload(), padding: 'x'.repeat(4096) })],
  ])('is refused %s', async (_, make) => {
    await expect(tokens.verify(make())).rejects.toThrow(TokenError)
  })

  it('is refused with any one of its characters changed', async () => {
    const token = await tokens.generate(claims, { sessionId: 'a-session' })
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A'
      const tampered = token.slice(0, index) + other + token.slice(index + 1)
      // The last character carries bits that are not part of the signature: another spelling of the same bytes.
      if (
        Buffer.from(tampered.split('.')[2] ?? '', 'base64url').equals(signatureOf(token)) &&
        tampered.startsWith(signedOf(token))
      )
        continue
      await expect(tokens.verify(tampered), `character ${index}`).rejects.toThrow(TokenError)
    }
  })

  const signatureOf = (token: string) => Buffer.from(token.split('.')[2] as string, 'base64url')
  const signedOf = (token: string) => token.slice(0, token.lastIndexOf('.'))

  it('made by a standard library with our secret and claims is one of ours', async () => {
    const token = await new SignJWT({ ...claims, sid: 'a-session' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('promptmeter')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET))
    expect(await tokens.verify(token)).toMatchObject({ ...claims, sessionId: 'a-session' })
  })
})

describe('generateToken and verifyToken', () => {
  const { generateToken, verifyToken } = createTokenFunctions(SECRET)

  it('give back exactly what went in', async () => {
    expect(await verifyToken(await generateToken(claims))).toEqual(claims)
  })

  it('agree across a rotation', async () => {
    const rotated = createTokenFunctions(OTHER_SECRET, SECRET)
    expect(await rotated.verifyToken(await generateToken(claims))).toEqual(claims)
    await expect(verifyToken(await rotated.generateToken(claims))).rejects.toThrow(TokenError)
  })

  it('refuse claims that are no text', async () => {
    await expect(generateToken({ ...claims, userId: 7 } as never)).rejects.toThrow(TypeError)
    await expect(generateToken({ userId: 'a', email: 'b' } as never)).rejects.toThrow(TypeError)
  })

  it.each([[undefined], [null], [7], [{}], [''], ['not a token']])('refuse %j as a token', async (token) => {
    await expect(verifyToken(token as never)).rejects.toThrow(TokenError)
  })
})

describe("the package's entry", () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'promptmeter-entry-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const ENTRY = fileURLToPath(new URL('../src/index.ts', import.meta.url))

  /** What this program prints, run by a process of its own that has only these settings. */
  async function run(program: string, environment: Record<string, string>): Promise<string> {
    const source = `const { generateToken, verifyToken } = await import(${JSON.stringify(ENTRY)})\n${program}`
    const options = { cwd: folder, env: { PATH: process.env.PATH ?? '', ...environment } }
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', source], options)
    return stdout.trim()
  }

  const MAKE = `console.log(await generateToken(${JSON.stringify(claims)}))`
  const read = (token: string) =>
    `console.log(await verifyToken('${token}').then((claims) => JSON.stringify(claims), (error) => error.name))`

  it('uses JWT_SECRET of the environment, and those it replaced', async () => {
    const token = await run(MAKE, { JWT_SECRET: SECRET })
    expect(await createTokenFunctions(SECRET).verifyToken(token)).toEqual(claims)
    expect(await run(read(token), { JWT_SECRET: SECRET })).toBe(JSON.stringify(claims))
    expect(await run(read(token), { JWT_SECRET: OTHER_SECRET, JWT_SECRET_PREVIOUS: SECRET })).toBe(
      JSON.stringify(claims),
    )
    expect(await run(read(token), { JWT_SECRET: OTHER_SECRET })).toBe('TokenError')
    expect(await readdir(folder)).not.toContain('jwt-secret')
  })

  it('shares the secret that a server made in this folder', async () => {
    const token = await run(MAKE, { DATA_DIR: folder })
    const secret = (await readFile(join(folder, 'jwt-secret'), 'utf8')).trim()
    expect(await createTokenFunctions(secret).verifyToken(token)).toEqual(claims)
  })

  it('asks for no setting before it is used', async () => {
    expect(await run("console.log('imported')", { JWT_SECRET: 'short' })).toBe('imported')
    expect(await run(read('x'), { JWT_SECRET: 'short' })).toBe('ConfigError')
  })
})
