import AjvCompiler from '@fastify/ajv-compiler'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'
import { parseInstant } from '../instant.ts'

const OPTIONS = { removeAdditional: false, useDefaults: true, allErrors: false } as const

/**
 * Bodies are taken as they are: `"1"` is no number. Query strings hold only text, so there it becomes what the schema
 * asks. A schema is compiled when the first request needs it: all of them would take a third of the time of a start.
 */
export function schemaValidator(): FastifySchemaCompiler<never> {
  const compilers = AjvCompiler()
  const compilerWith = (coerceTypes: boolean) =>
    compilers({}, { customOptions: { ...OPTIONS, coerceTypes }, onCreate: useStrictInstants })
  const body = compilerWith(false)
  const query = compilerWith(true)
  return (route) => {
    let compiled: Validator | undefined
    const validate: Validator = (data) => {
      compiled ??= route.httpPart === 'querystring' ? query(route) : body(route)
      const valid = compiled(data)
      // Where Fastify reads what was wrong.
      validate.errors = compiled.errors ?? null
      return valid
    }
    return validate
  }
}

/** Writes answers as their schemas say; compiled by the first answer of each. */
export function schemaSerializer(): FastifySerializerCompiler<never> {
  const compile = SerializerSelector()()
  return ({ schema, method, url, httpStatus = '' }) => {
    let compiled: ((answer: unknown) => string) | undefined
    return (answer) => {
      compiled ??= compile({ schema, method, url, httpStatus })
      return compiled(answer)
    }
  }
}

type Validator = ReturnType<FastifySchemaCompiler<never>>

interface FormatRegistry {
  addFormat(name: string, check: (text: string) => boolean): unknown
}

/** What passes as `date-time` must be a moment that can be kept: one bad one would fail the batch it travels in. */
function useStrictInstants(ajv: FormatRegistry): void {
  ajv.addFormat('date-time', (text) => parseInstant(text) !== null)
}
