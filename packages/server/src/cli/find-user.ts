import type { UserListResponse, UserResponse } from '@promptmeter/contract'
import type { AdminClient } from './admin-client.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The user that the operator names by address or id. @throws CommandFailure when there is none */
export async function findUser(client: AdminClient, name: string): Promise<UserResponse> {
  if (ID.test(name)) return client.request('GET', `/api/admin/users/${name}`)
  if (!name.includes('@')) {
    throw new CommandFailure(
      `${JSON.stringify(name)} is neither the address nor the id of a user.`,
      EXIT_CODES.usage,
    )
  }
  const { users } = await client.request<UserListResponse>('GET', '/api/admin/users', {
    query: { email: name },
  })
  const [user] = users
  if (user !== undefined) return user
  throw new CommandFailure(
    `There is no user ${name}. Add them with: promptmeter users add ${name}`,
    EXIT_CODES.notFound,
  )
}
