import type {
  CreatedKeyResponse,
  KeyResponse,
  LimitResponse,
  MeResponse,
  MySessionResponse,
  RenewSessionResponse,
  BatchEvent as ServerBatchEvent,
  BatchResult as ServerBatchResult,
  ErrorCode as ServerErrorCode,
  Overrides as ServerOverrides,
  TrackUsageRequest,
  TrackUsageResponse,
  UsageHistoryQuery,
  UsageHistoryResponse,
} from '@promptmeter/contract'
import { describe, expectTypeOf, it } from 'vitest'
import type {
  BatchEvent,
  BatchResult,
  CreatedKey,
  ErrorCode,
  Key,
  LimitStanding,
  Me,
  Overrides,
  RenewedSession,
  Session,
  UsageCounts,
  UsageEvent,
  UsageHistory,
  UsageQuery,
} from '../src/wire-types.ts'

// Types are compared when they are checked: `npm run typecheck` is where this fails.
describe('the types of the client are those of the contract', () => {
  it('errors', () => {
    expectTypeOf<ErrorCode>().toEqualTypeOf<ServerErrorCode>()
  })

  it('usage', () => {
    expectTypeOf<UsageEvent>().toEqualTypeOf<TrackUsageRequest>()
    expectTypeOf<UsageCounts>().toEqualTypeOf<TrackUsageResponse>()
    expectTypeOf<BatchEvent>().toExtend<ServerBatchEvent>()
    expectTypeOf<ServerBatchEvent>().toExtend<BatchEvent>()
    expectTypeOf<BatchResult>().toExtend<ServerBatchResult>()
    expectTypeOf<ServerBatchResult>().toExtend<BatchResult>()
    expectTypeOf<UsageQuery>().toEqualTypeOf<UsageHistoryQuery>()
    expectTypeOf<UsageHistory>().toEqualTypeOf<UsageHistoryResponse>()
  })

  it('the account', () => {
    expectTypeOf<LimitStanding>().toEqualTypeOf<LimitResponse>()
    expectTypeOf<Overrides>().toEqualTypeOf<ServerOverrides>()
    expectTypeOf<Me>().toEqualTypeOf<MeResponse>()
    expectTypeOf<Session>().toEqualTypeOf<MySessionResponse>()
    expectTypeOf<RenewedSession>().toEqualTypeOf<RenewSessionResponse>()
    expectTypeOf<Key>().toEqualTypeOf<KeyResponse>()
    expectTypeOf<CreatedKey>().toExtend<CreatedKeyResponse>()
    expectTypeOf<CreatedKeyResponse>().toExtend<CreatedKey>()
  })
})
