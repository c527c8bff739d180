import { metering } from './0001-metering.ts'
import { gateway } from './0002-gateway.ts'
import { signIn } from './0003-sign-in.ts'
import { dashboard } from './0004-dashboard.ts'
import type { Migration } from './migration.ts'

/** In order. What has been released is never edited: a change is a new migration at the end. */
export const migrations: readonly Migration[] = [metering, gateway, signIn, dashboard]
