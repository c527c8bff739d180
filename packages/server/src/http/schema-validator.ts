import AjvCompiler from '@fastify/ajv-compiler'
import type { FastifySchemaCompiler } from 'fastify'
import { parseInstant } from '../instant.ts'

const OPTIONS = { removeAdditional: false, useDefaults: true, allErrors: false } as const

/** Bodies are taken as they are: `"1"` is no number. Query strings hold only text, so there it becomes what the schema asks. */
export function schemaValidator(): FastifySchemaCompiler<never> {
  const compilers = AjvCompiler()
  const compilerWith = (coerceTypes: boolean) =>
    compilers({}, { customOptions: { ...OPTIONS, coerceTypes }, onCreate: useStrictInstants })
  const body = compilerWith(false)
  const query = compilerWith(true)
  return (route) => (route.httpPart === 'querystring' ? query(route) : body(route))
}

interface FormatRegistry {
  addFormat(name: string, check: (text: string) => boolean): unknown
}

/** What passes as `date-time` must be a moment that can be kept: one bad one would fail the batch it travels in. */
function useStrictInstants(ajv: FormatRegistry): void {
  ajv.addFormat('date-time', (text) => parseInstant(text) !== null)
}
