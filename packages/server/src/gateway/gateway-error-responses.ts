import { type ErrorCode, GatewayErrorResponse } from '@promptmeter/contract'
import { type TObject, type TProperties, type TSchema, Type } from 'typebox'
import { errorResponses } from '../http/error-responses.ts'

/** The `response` schemas of the gateway's refusals, by status: the codes as elsewhere, the shape OpenAI's. */
export function gatewayErrorResponses(
  ...codes: readonly (ErrorCode | readonly ErrorCode[])[]
): Record<number, TObject> {
  const responses: Record<number, TObject> = {}
  for (const [status, plain] of Object.entries(errorResponses(...codes))) {
    const { error: message, code } = plain.properties as { error: TSchema; code: TSchema }
    const fields: TProperties = { ...GatewayErrorResponse.properties.error.properties, message, code }
    const { description } = plain as { description?: string }
    responses[Number(status)] = Type.Object(
      { error: Type.Object(fields), code },
      { description: description ?? '' },
    )
  }
  return responses
}
