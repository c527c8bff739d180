/**
 * The calls a gateway forwards:
 * - `chat`: POST /v1/chat/completions
 * - `completions`: POST /v1/completions
 * - `responses`: POST /v1/responses
 * - `embeddings`: POST /v1/embeddings
 */
export const ENDPOINTS = ['chat', 'completions', 'responses', 'embeddings'] as const

export type Endpoint = (typeof ENDPOINTS)[number]
