import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DASHBOARD_PATHS } from '../src/dashboard/page-routes.ts'
import { schemaCheck } from './support/documented-answers.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

interface Schema {
  type?: string
  examples?: unknown[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}

interface Content {
  content?: Record<string, { schema: Schema }>
}

interface Operation {
  summary?: string
  operationId?: string
  security?: unknown[]
  parameters?: { name: string; in: string; description?: string; schema: Schema }[]
  requestBody?: Content
  responses: Record<string, Content & { description: string }>
}

/** The reference itself; pages for people; and what OAuth describes in a document of its own (RFC 8414). */
const ELSEWHERE = /^\/(?:docs|sign-in|device|oauth|\.well-known)(?:\/|$)/
const PAGES = new Set<string>(DASHBOARD_PATHS)

describe('/openapi.json', () => {
  let server: TestApp
  let source: string
  let document: { openapi: string; paths: Record<string, Record<string, Operation>> }
  let operations: [string, Operation][]
  beforeAll(async () => {
    server = await startTestApp('embedded')
    source = (await server.request({ url: '/openapi.json' })).body
    document = JSON.parse(source)
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method} ${path}`,
        operation,
      ]),
    )
  })
  afterAll(() => server.close())

  it('is OpenAPI 3.1 and passes the recommended rules of Redocly without a warning', async () => {
    expect(document.openapi).toMatch(/^3\.1\./)
    const config = await createConfig({ extends: ['recommended'] })
    const problems = await lintFromString({ source, absoluteRef: '/openapi.json', config })
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`),
    ).toEqual([])
  })

  /** The paths in the tree that the router prints, where each line shows what it adds to the line it hangs on. */
  function servedPaths(tree: string): string[] {
    const parents: string[] = []
    return tree.split('\n').flatMap((line) => {
      const match = /^(.*?)[├└]── (\S*)( \(.*\))?$/.exec(line)
      if (match === null) return []
      const depth = (match[1] as string).length / 4
      const path = `${parents[depth - 1] ?? ''}${match[2]}`
      parents[depth] = path
      return match[3] === undefined ? [] : [path]
    })
  }

  it('describes every route there is', () => {
    const described = Object.keys(document.paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1'))
    const served = servedPaths(server.app.printRoutes({ commonPrefix: false })).filter(
      (path) => !ELSEWHERE.test(path) && !PAGES.has(path) && path !== '/openapi.json' && !path.includes('*'),
    )
    expect(served.length).toBeGreaterThan(5)
    for (const path of served) expect(described).toContain(path)
  })

  it('names, explains and secures every operation, with the error codes of each refusal', () => {
    const ids = operations.map(([, { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [name, operation] of operations) {
      expect(operation.summary, name).toMatch(/\S/)
      expect(operation.security, name).toBeInstanceOf(Array)
      const statuses = Object.keys(operation.responses)
      expect(
        statuses.filter((status) => status.startsWith('2')),
        name,
      ).toHaveLength(1)
      expect(statuses, name).toEqual(expect.arrayContaining(['400', '403', '500', '503']))
      if (operation.security?.length !== 0) expect(statuses, name).toContain('401')
      if (operation.requestBody) expect(statuses, name).toEqual(expect.arrayContaining(['400', '413', '415']))
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        const body = content?.['application/json']?.schema
        // The gateway speaks OpenAI's shape: the code is in the error, beside the sentence.
        const shape = name.includes(' /v1/') ? body?.properties?.error : body
        const sentence = name.includes(' /v1/') ? 'message' : 'error'
        expect(shape?.properties?.code?.enum, `${name} ${status}`).not.toHaveLength(0)
        expect(shape?.properties?.[sentence]?.type, `${name} ${status}`).toBe('string')
      }
    }
  })

  /** Every schema of the document with the place it stands at. */
  function* schemasOf(): Generator<[string, Schema]> {
    function* walk(place: string, schema: Schema): Generator<[string, Schema]> {
      yield [place, schema]
      for (const [name, inner] of Object.entries(schema.properties ?? {}))
        yield* walk(`${place}.${name}`, inner)
      if (schema.items) yield* walk(`${place}[]`, schema.items)
      for (const inner of schema.anyOf ?? []) yield* walk(place, inner)
    }
    for (const [name, operation] of operations) {
      for (const parameter of operation.parameters ?? [])
        yield* walk(`${name} ?${parameter.name}`, parameter.schema)
      for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
        yield* walk(`${name} body`, schema)
      for (const [status, { content }] of Object.entries(operation.responses)) {
        for (const { schema } of Object.values(content ?? {})) yield* walk(`${name} ${status}`, schema)
      }
    }
  }

  it('gives only examples that fit their schemas', () => {
    const check = schemaCheck()
    const wrong = [...schemasOf()].flatMap(([place, schema]) =>
      (schema.examples ?? []).flatMap((example) => {
        const problem = check(schema, example)
        return problem === null ? [] : [`${place}: ${JSON.stringify(example)} ${problem}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  it('gives an example of every body', () => {
    const without = operations.flatMap(([name, operation]) => {
      const bodies = [
        ['body', operation.requestBody?.content?.['application/json']?.schema] as const,
        ...Object.entries(operation.responses).map(
          ([status, { content }]) => [status, content?.['application/json']?.schema] as const,
        ),
      ]
      return bodies.flatMap(([part, schema]) =>
        schema === undefined || hasExample(schema) ? [] : [`${name} ${part}`],
      )
    })
    expect(without).toEqual([])
  })

  /** True when a reader can see what a value looks like, whole or field by field. */
  function hasExample(schema: Schema): boolean {
    if (schema.examples || schema.enum || schema.const !== undefined) return true
    if (schema.properties) return Object.values(schema.properties).some(hasExample)
    if (schema.items) return hasExample(schema.items)
    return schema.anyOf?.some(hasExample) ?? false
  }

  it('is the same document that the reference page reads', async () => {
    expect((await server.request({ url: '/docs/json' })).json()).toEqual(document)
  })
})

describe('/docs', () => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp('embedded')
  })
  afterAll(() => server.close())

  const linked = (html: string) =>
    [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string)

  it.each(['/docs', '/docs/'])('at %s loads only what this server serves', async (url) => {
    const page = await server.request({ url })
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const links = linked(page.body)
    expect(links.length).toBeGreaterThan(4)
    for (const link of links) {
      const target = new URL(link, `http://localhost${url}`)
      expect(target.origin).toBe('http://localhost')
      expect((await server.request({ url: target.pathname })).statusCode, link).toBe(200)
    }
  })

  it('asks nobody else: its policy forbids it and its settings name no other server', async () => {
    const policy = String((await server.request({ url: '/docs' })).headers['content-security-policy'])
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/)
    expect(policy).not.toMatch(
      /https?:|\*|swagger\.io|unsafe-eval|upgrade-insecure-requests|script-src[^;]*unsafe/,
    )
    const settings = (await server.request({ url: '/docs/static/swagger-initializer.js' })).body
    expect(settings).not.toMatch(/https?:\/\/(?!stackoverflow\.com)/)
    expect(settings).toMatch(/validatorUrl: null/)
    for (const style of ['swagger-ui.css', 'index.css']) {
      const css = (await server.request({ url: `/docs/static/${style}` })).body
      expect(css).not.toMatch(/@import|url\(["']?(?!data:|["']?#)[a-z]*:?\/\//)
    }
  })
})
