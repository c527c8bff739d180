import type { UserResponse } from '@promptmeter/contract'
import type { LightMyRequestResponse } from 'fastify'
import { bearer } from './requests.ts'
import type { TestApp } from './test-app.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Asks the operator's API below `/api/admin/users` with the admin key. */
export function admin(
  server: TestApp,
  method: Method,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return askAdmin(server, method, `/users${path}`, body, headers)
}

/** Asks the operator's API below `/api/admin` with the admin key. */
export function askAdmin(
  server: TestApp,
  method: Method,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return server.request({
    method,
    url: `/api/admin${path}`,
    headers: {
      ...bearer('test-admin-key'),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  })
}

let added = 0

/** A user whom nobody else knows, and a session of theirs. */
export async function addUser(
  server: TestApp,
  body: { email?: string; threshold?: number; plan?: string } = {},
): Promise<{ user: UserResponse; token: string }> {
  const email = body.email ?? `admin-user-${++added}@example.com`
  const user: UserResponse = (await admin(server, 'POST', '', { ...body, email })).json()
  return { user, token: await server.signUp(email) }
}

/** Every page of a list, one after the other. */
export async function readPages(server: TestApp, query: Record<string, string>): Promise<UserResponse[][]> {
  const pages: UserResponse[][] = []
  let cursor: string | null = null
  do {
    const search = new URLSearchParams({ ...query, ...(cursor !== null && { cursor }) })
    const page: { users: UserResponse[]; nextCursor: string | null } = (
      await admin(server, 'GET', `?${search}`)
    ).json()
    pages.push(page.users)
    cursor = page.nextCursor
  } while (cursor !== null)
  return pages
}
