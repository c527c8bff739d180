import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, parseConfig } from '../src/config/config.ts'
import { loadSecrets } from '../src/config/secrets.ts'
import { createTestServer } from './support/test-server.ts'

const SECRET = 's'.repeat(32)
const EXAMPLE = new URL('../../../.env.example', import.meta.url)

/** The names that are asked for while settings are read. */
function namesRead(): string[] {
  const names = new Set<string>()
  const asked = new Proxy<Record<string, string>>(
    {},
    {
      get(_, name) {
        names.add(String(name))
        // Each way in has settings of its own; those that are missing are told only after all were read.
        return name === 'SIGN_IN' ? 'email,github,oidc' : undefined
      },
    },
  )
  expect(() => parseConfig(asked)).toThrow(ConfigError)
  return [...names].sort()
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).problems
  }
}

describe('.env.example', () => {
  it('explains every setting that is read, and no other', async () => {
    const lines = (await readFile(EXAMPLE, 'utf8')).split('\n')
    const settings = lines.flatMap((line, index) => {
      const name = /^#?([A-Z][A-Z_]+)=/.exec(line)?.[1]
      return name === undefined ? [] : [{ name, explained: /^# \S/.test(lines[index - 1] ?? '') }]
    })
    expect(settings.map(({ name }) => name).sort()).toEqual(namesRead())
    expect(settings.filter(({ explained }) => !explained)).toEqual([])
  })

  it('shows the defaults: copied as it is or with every line in force, it changes nothing', async () => {
    const text = await readFile(EXAMPLE, 'utf8')
    const shown = Object.fromEntries(
      [...text.matchAll(/^#([A-Z][A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [
        name as string,
        value as string,
      ]),
    )
    expect(parseConfig(shown)).toEqual(parseConfig({}))
  })
})

describe('settings', () => {
  it('that are blank count as unset', () => {
    const blank = Object.fromEntries(namesRead().map((name, index) => [name, index % 2 ? '' : ' \t']))
    expect(parseConfig(blank)).toEqual(parseConfig({}))
  })

  it('are told all together when they are wrong', () => {
    const problems = problemsOf({
      HOST: '0.0.0.0',
      PORT: '70000',
      DATABASE_URL: 'mysql://localhost/db',
      DATABASE_POOL_SIZE: '1',
      DATABASE_PREPARE: 'perhaps',
      REGISTRATION: 'everybody',
      JWT_SECRET_PREVIOUS: 'short',
      ADMIN_KEY: 'short',
      CORS_ORIGINS: '*',
      LOG_LEVEL: 'loud',
    })
    const named = problems.map((problem) => problem.split(' ')[0])
    expect([...new Set(named)].sort()).toEqual([
      'ADMIN_KEY',
      'CORS_ORIGINS',
      'DATABASE_POOL_SIZE',
      'DATABASE_PREPARE',
      'DATABASE_URL',
      'JWT_SECRET',
      'JWT_SECRET_PREVIOUS',
      'LOG_LEVEL',
      'PORT',
      'REGISTRATION',
      'SIGN_IN',
    ])
  })

  it.each([
    ['PORT', ['-1', '65536', '3000.5', '0x10', '1e3', 'http', '３０００']],
    ['DATABASE_POOL_SIZE', ['0', '1001', 'ten']],
    ['BODY_LIMIT_BYTES', ['1023', '1MB', '99999999999']],
    ['REQUEST_TIMEOUT_MS', ['0', '999', '30s']],
    ['DATABASE_PREPARE', ['yes', 'TRUE', '2']],
    ['DATABASE_URL', ['localhost', 'http://localhost/db', 'postgres']],
    ['SIGN_IN', ['nobody', 'trusted,nobody', ',']],
    ['REGISTRATION', ['closed', 'Open']],
    [
      'CORS_ORIGINS',
      [
        '*',
        'app.example.com',
        'https://app.example.com/',
        'https://a.example,b',
        'https://*',
        'http://*.a.example',
        'https://*.*.a.example',
        'https://a.*.example',
      ],
    ],
    ['LOG_LEVEL', ['trace2', 'INFO']],
    ['WRITE_QUEUE_LIMIT', ['0', '1000001']],
    ['WRITE_DEADLINE_MS', ['99']],
  ])('refuse for %s each of %j', (name, values) => {
    for (const value of values) {
      expect(problemsOf({ JWT_SECRET: SECRET, [name]: value }), value).toEqual([
        expect.stringMatching(new RegExp(`^${name} \\S`)),
      ])
    }
  })

  it('refuse a secret of 31 bytes, and take one of 32', () => {
    expect(problemsOf({ JWT_SECRET: 's'.repeat(31) })).toEqual([
      expect.stringMatching(/^JWT_SECRET .*32 bytes/),
    ])
    expect(problemsOf({ JWT_SECRET: SECRET })).toEqual([])
    expect(problemsOf({ JWT_SECRET: 'é'.repeat(16) })).toEqual([])
    expect(problemsOf({ JWT_SECRET: SECRET, JWT_SECRET_PREVIOUS: `${SECRET},${'s'.repeat(31)}` })).toEqual([
      expect.stringMatching(/^JWT_SECRET_PREVIOUS /),
    ])
  })

  it('require JWT_SECRET where one that is made here would not do', () => {
    const database = { DATABASE_URL: 'postgres://localhost/db' }
    expect(problemsOf(database)).toEqual([expect.stringMatching(/^JWT_SECRET is required with DATABASE_URL/)])
    expect(problemsOf({ HOST: '192.0.2.1', SIGN_IN: 'trusted' })).toEqual([
      expect.stringMatching(/^JWT_SECRET /),
    ])
    expect(problemsOf({ ...database, JWT_SECRET: SECRET })).toEqual([])
  })

  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.com', 'localhost.example.com', '::ffff:127.0.0.1'])(
    'require SIGN_IN on %s',
    (host) => {
      expect(problemsOf({ HOST: host, JWT_SECRET: SECRET })).toEqual([
        expect.stringMatching(/^SIGN_IN must be chosen/),
      ])
      expect(problemsOf({ HOST: host, JWT_SECRET: SECRET, SIGN_IN: 'trusted' })).toEqual([])
    },
  )

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', 'LOCALHOST', '::1'])('do without SIGN_IN on %s', (host) => {
    expect(parseConfig({ HOST: host }).signIn.implied).toBe(true)
  })

  it('never repeat a secret in what they complain about', () => {
    const message = problemsOf({
      JWT_SECRET: 'canary',
      JWT_SECRET_PREVIOUS: 'canary',
      ADMIN_KEY: 'canary',
      DATABASE_URL: 'mysql://user:canary@localhost/db',
      HOST: '0.0.0.0',
    }).join('\n')
    expect(message).not.toContain('canary')
  })
})

describe('the data folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'promptmeter-config-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const secretsIn = (dataDir: string) => loadSecrets(parseConfig({ DATA_DIR: dataDir }))
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

  it('keeps the secrets that were made for it, readable for their owner alone', async () => {
    const dataDir = join(folder, 'data')
    const first = await secretsIn(dataDir)
    expect(Buffer.byteLength(first.jwt[0])).toBeGreaterThanOrEqual(32)
    expect(first.adminKey).not.toBe(first.jwt[0])
    expect(await secretsIn(dataDir)).toEqual(first)
    expect(await modeOf(dataDir)).toBe('700')
    expect((await readdir(dataDir)).sort()).toEqual(['admin-key', 'jwt-secret'])
    for (const file of ['admin-key', 'jwt-secret']) expect(await modeOf(join(dataDir, file))).toBe('600')
  })

  it('keeps mode 0600 under any umask', async () => {
    const umask = process.umask(0)
    try {
      await secretsIn(folder)
    } finally {
      process.umask(umask)
    }
    for (const file of ['admin-key', 'jwt-secret']) expect(await modeOf(join(folder, file))).toBe('600')
  })

  it('gives processes that start at once the same secrets', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => secretsIn(folder)))
    for (const secrets of all) expect(secrets).toEqual(all[0])
    expect((await readdir(folder)).sort()).toEqual(['admin-key', 'jwt-secret'])
  })

  it('is not trusted with a secret that somebody shortened', async () => {
    await writeFile(join(folder, 'jwt-secret'), 'short\n')
    await expect(secretsIn(folder)).rejects.toThrow(/jwt-secret must hold at least 32 bytes/)
  })

  it('gives way to settings', async () => {
    const config = parseConfig({ DATA_DIR: folder, JWT_SECRET: SECRET, ADMIN_KEY: 'chosen' })
    expect(await loadSecrets(config)).toEqual({ jwt: [SECRET], apiKey: null, adminKey: 'chosen' })
    expect(await readdir(folder)).toEqual([])
  })

  it('holds no admin key for a database that others share', async () => {
    const config = parseConfig({
      DATA_DIR: folder,
      JWT_SECRET: SECRET,
      DATABASE_URL: 'postgres://localhost/db',
    })
    expect((await loadSecrets(config)).adminKey).toBeNull()
    expect(await readdir(folder)).toEqual([])
  })
})

describe('a server process', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'promptmeter-config-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function startAndFail(environment: Record<string, string>): Promise<string> {
    const server = await createTestServer({ DATA_DIR: folder, ...environment })
    server.spawn()
    expect(await server.exited).toEqual({ code: 1, signal: null })
    return server.output
  }

  it('reads .env of its folder, and the environment wins where it says anything', async () => {
    await writeFile(
      join(folder, '.env'),
      'LOG_LEVEL=loud\nREQUEST_TIMEOUT_MS="none"\nBODY_LIMIT_BYTES=tiny # odd\n',
    )
    const output = await startAndFail({ LOG_LEVEL: 'warn', REQUEST_TIMEOUT_MS: ' ' })
    expect(output).toMatch(/- REQUEST_TIMEOUT_MS /)
    expect(output).toMatch(/- BODY_LIMIT_BYTES /)
    expect(output).not.toMatch(/LOG_LEVEL/)
    expect(output).toContain('.env.example')
    expect(await readdir(folder)).toEqual(['.env'])
  })

  it('says so when .env cannot be read', async () => {
    await mkdir(join(folder, '.env'))
    await chmod(join(folder, '.env'), 0o700)
    expect(await startAndFail({})).toMatch(/- \.env cannot be read \(EISDIR\)/)
  })
})
