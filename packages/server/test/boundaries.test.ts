import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const SOURCE = join(import.meta.dirname, '../src')

/** Which folders the files of a folder may import from, beside their own and the root of `src`. */
const ALLOWED: Record<string, readonly string[]> = {
  config: [],
  telemetry: ['config'],
  database: ['config'],
  audit: ['database'],
  mail: ['audit', 'config', 'pages', 'telemetry', 'users'],
  'rate-limits': ['config', 'database'],
  pages: [],
  quotas: ['database'],
  users: ['database', 'quotas'],
  sessions: ['database', 'users'],
  ledger: ['database', 'quotas', 'sessions', 'users'],
  http: ['audit', 'config', 'database', 'rate-limits', 'sessions', 'telemetry'],
  'sign-in': ['audit', 'config', 'database', 'http', 'mail', 'rate-limits', 'sessions', 'telemetry', 'users'],
  oauth: [
    'audit',
    'config',
    'database',
    'http',
    'pages',
    'rate-limits',
    'sessions',
    'sign-in',
    'telemetry',
    'users',
  ],
  usage: ['database', 'http', 'ledger', 'quotas', 'sessions', 'users'],
  gateway: ['config', 'database', 'http', 'ledger', 'quotas', 'sessions', 'telemetry', 'users'],
  account: ['audit', 'database', 'http', 'ledger', 'sessions', 'usage', 'users'],
  overview: ['database', 'telemetry', 'usage', 'users'],
  admin: ['audit', 'http', 'ledger', 'mail', 'overview', 'quotas', 'sessions', 'usage', 'users'],
  dashboard: ['audit', 'http', 'oauth', 'pages', 'sessions', 'sign-in', 'users'],
  health: ['database', 'http', 'telemetry'],
  backup: ['config', 'database'],
  seed: ['database'],
  cli: ['backup', 'config', 'database', 'seed', 'telemetry'],
}

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const sources: Source[] = globSync('**/*.ts', { cwd: SOURCE }).map((path) => {
  const text = readFileSync(join(SOURCE, path), 'utf8')
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+\.ts)'/g)
  return {
    path,
    text,
    imports: [...specifiers].map(([, name]) => normalize(join(dirname(path), name as string))),
  }
})

const folderOf = (path: string) => (path.includes('/') ? (path.split('/')[0] as string) : '')

describe('the server keeps its directions', () => {
  it('a folder imports only from the folders below it', () => {
    const strays = sources.flatMap(({ path, imports }) => {
      const folder = folderOf(path)
      if (folder === '') return []
      const allowed = new Set([folder, '', ...(ALLOWED[folder] ?? [])])
      return imports.filter((name) => !allowed.has(folderOf(name))).map((name) => `${path} → ${name}`)
    })
    expect(strays).toEqual([])
  })

  it('a store is reached through its own service', () => {
    const strays = sources.flatMap(({ path, imports }) =>
      path === 'services.ts'
        ? []
        : imports
            .filter((name) => name.endsWith('-store.ts') && folderOf(name) !== folderOf(path))
            .map((name) => `${path} → ${name}`),
    )
    expect(strays).toEqual([])
  })

  it('no file imports itself over others', () => {
    const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]))
    const circles: string[] = []
    const done = new Set<string>()
    const visit = (path: string, trail: readonly string[]) => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      if (done.has(path) || trail.includes(path)) return
      for (const name of importsOf.get(path) ?? []) visit(name, [...trail, path])
      done.add(path)
    }
    for (const path of importsOf.keys()) visit(path, [])
    expect(circles).toEqual([])
  })

  it('only config/env.ts reads the environment', () => {
    expect(sources.filter(({ text }) => text.includes('process.env')).map(({ path }) => path)).toEqual([
      'config/env.ts',
    ])
  })

  it('SQL is written in stores, statements, row mappings, the database and the backup alone', () => {
    const strays = sources
      .filter(({ path }) => !/(-store|-statements|-row)\.ts$|^database\/|^backup\//.test(path))
      .filter(({ text }) => /from 'kysely'|\b(insert into|select .* from|delete from)\b/.test(text))
    expect(strays.map(({ path }) => path)).toEqual([])
  })
})
