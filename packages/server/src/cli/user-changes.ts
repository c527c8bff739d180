import type { UpdateUserRequest, UserLimitsResponse, UserResponse } from '@promptmeter/contract'
import type { AdminClient } from './admin-client.ts'
import { type ClientOptions, connect, print } from './client-command.ts'
import { findUser } from './find-user.ts'
import { describeUserWithLimits } from './user-report.ts'

/** Prints a user with where they stand. */
export async function showUser(
  client: AdminClient,
  user: UserResponse,
  options: ClientOptions,
): Promise<void> {
  const { limits } = await client.request<UserLimitsResponse>('GET', `/api/admin/users/${user.id}/limits`)
  print({ ...user, limits }, options, describeUserWithLimits)
}

/** Changes a user and prints them as they are then. */
export async function changeUser(
  name: string,
  changesOf: (user: UserResponse) => UpdateUserRequest,
  options: ClientOptions,
): Promise<void> {
  const client = await connect(options)
  const user = await findUser(client, name)
  const changed = await client.request<UserResponse>('PATCH', `/api/admin/users/${user.id}`, {
    body: changesOf(user),
  })
  await showUser(client, changed, options)
}
