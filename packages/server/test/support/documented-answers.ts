import AjvCompiler from '@fastify/ajv-compiler'
import type { HttpApp } from '../../src/http/http-app.ts'

/** Any route may answer these; the document says so once, in its introduction. */
const ANYWHERE = new Set([405, 408, 431])

interface Operation {
  responses?: Record<string, { content?: Record<string, { schema: object }> }>
}

/** Checks a value against a schema of the API's description; says what is wrong, or null. */
export type SchemaCheck = (schema: object, value: unknown) => string | null

export function schemaCheck(): SchemaCheck {
  const customOptions = {
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: false,
    strict: false,
  } as const
  const compile = AjvCompiler()({}, { customOptions })
  const compiled = new WeakMap<object, ReturnType<typeof compile>>()
  return (schema, value) => {
    let validate = compiled.get(schema)
    if (validate === undefined) {
      validate = compile({ schema } as never)
      compiled.set(schema, validate)
    }
    if (validate(value)) return null
    const [error] = (validate as { errors?: { instancePath: string; message?: string }[] }).errors ?? []
    return `${error?.instancePath} ${error?.message}`
  }
}

/** Compares every answer with the API's description; gives the differences seen so far. */
export function watchAnswers(app: HttpApp): readonly string[] {
  const differences: string[] = []
  const check = schemaCheck()
  app.addHook('onSend', async (request, reply, payload) => {
    const { url, method } = request.routeOptions
    const path = url?.replace(/:(\w+)/g, '{$1}') ?? ''
    const paths = app.swagger().paths as Record<string, Record<string, Operation>> | undefined
    const operation = paths?.[path]?.[String(method).toLowerCase()]
    if (operation === undefined || request.method === 'HEAD' || ANYWHERE.has(reply.statusCode)) return
    // What the AI provider itself refuses passes as it is.
    if (reply.hasHeader('x-upstream-status')) return
    const name = `${request.method} ${path} ${reply.statusCode}`
    const media = operation.responses?.[reply.statusCode]
    const type = String(reply.getHeader('content-type') ?? '').split(';', 1)[0] as string
    const schema = media?.content?.[type]?.schema
    if (media === undefined) differences.push(`${name} is not documented: ${payload}`)
    else if (reply.statusCode === 204) return
    else if (schema === undefined) differences.push(`${name} has no documented ${type}`)
    // An answer that streams is no text yet; its own tests look at it.
    else if (typeof payload !== 'string') return
    else if (type === 'application/json') {
      const problem = check(schema, JSON.parse(String(payload)))
      if (problem !== null) differences.push(`${name}:${problem}: ${payload}`)
    }
  })
  return differences
}
