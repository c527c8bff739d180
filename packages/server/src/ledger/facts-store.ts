import type { Overrides } from '@promptmeter/contract'
import type { Selectable } from 'kysely'
import { instantArray, plainArray, textArray } from '../database/array-literal.ts'
import type { Transaction } from '../database/database.ts'
import type { PlansTable, PricesTable } from '../database/tables.ts'
import type { Amounts, WindowCounts } from '../quotas/amounts.ts'
import { needsWindowCounts, termsOf } from '../quotas/plan.ts'
import { planFromRow } from '../quotas/plan-row.ts'
import { priceFromRow } from '../quotas/price-row.ts'
import { type BatchFacts, type Catalog, type KnownEvent, type KnownHold, keyedEvent } from './ledger-batch.ts'
import type { LedgerCall } from './ledger-call.ts'
import {
  FIND_FACTS,
  FIND_HOLDS,
  FIND_PLANS,
  FIND_PRICES,
  FIND_WINDOWS,
  LOCK_USERS,
} from './ledger-statements.ts'
import { distinctLabels, type LabelledUsage } from './rollup-store.ts'
import type { KeptWindows, LockedUser } from './user-account.ts'

export interface FoundFacts {
  readonly facts: BatchFacts
  /** Usage of the batch whose model and source the user's day does not have yet. */
  readonly newLabels: readonly LabelledUsage[]
  /** Sessions of the batch whose last use is due to be written. */
  readonly unwrittenUses: readonly { readonly userId: string; readonly sessionId: string }[]
}

interface UserRow {
  id: string
  prompt_count: number
  token_count: number
  cost_micros: number
  event_count: number
  threshold: number | null
  plan: string
  overrides: Overrides | null
  counted_hour: number | null
  disabled: boolean
  windows: string | null
}

interface FactsRow {
  now: Date
  catalog_revision: string
  ended_sessions: string[] | null
  unwritten_uses: { userId: string; sessionId: string }[] | null
  known_events:
    | (Omit<KnownEvent, 'occurredAt'> & {
        userId: string
        idempotencyKey: string
        occurredAtMs: number | null
      })[]
    | null
  new_labels: number[] | null
}

interface HoldsRow {
  held: (Amounts & { userId: string })[] | null
  named_holds:
    | {
        holdId: string
        tokens: number
        cost: number
        active: boolean
        model: string | null
        source: string | null
      }[]
    | null
  settled_holds: string[] | null
  keys_in_flight: { userId: string; idempotencyKey: string }[] | null
}

interface KeptCatalog extends Catalog {
  readonly revision: string
  /** Plans whose users need the counts of their windows. */
  readonly windowedPlans: string
}

const NO_CATALOG: KeptCatalog = { revision: '', plans: new Map(), prices: [], windowedPlans: '{}' }

/** Locks the users of a batch and looks up what its calls have to know. */
export function createFactsStore() {
  // Each batch asks for the revision, so what is remembered here is never older than the batch.
  let catalog = NO_CATALOG

  return {
    async find(transaction: Transaction, calls: readonly LedgerCall[]): Promise<FoundFacts> {
      const labels = distinctLabels(calls.flatMap(toLabelledUsage))
      const [userRows, row, holds] = await Promise.all([
        lockUsers(transaction, calls, catalog),
        findFacts(transaction, calls, labels),
        findHolds(transaction, calls),
      ])
      if (row.catalog_revision !== catalog.revision) {
        catalog = await readCatalog(transaction, row.catalog_revision)
      }
      const users = new Map(userRows.map((user) => [user.id, lockedUserFromRow(user)]))
      const facts = {
        now: row.now,
        catalog,
        users: await withMissingWindows(transaction, users, catalog),
        endedSessions: new Set(row.ended_sessions),
        knownEvents: toKnownEvents(row),
        ...toHoldFacts(holds),
      }
      return {
        facts,
        newLabels: (row.new_labels ?? []).map((index) => labels[index] as LabelledUsage),
        unwrittenUses: row.unwritten_uses ?? [],
      }
    },
  }
}

/** What a call may add to the rollups. */
function toLabelledUsage(call: LedgerCall): LabelledUsage[] {
  if (call.kind === 'usage') return [call]
  return call.kind === 'settle' ? [{ ...call, occurredAt: null }] : []
}

async function lockUsers(
  transaction: Transaction,
  calls: readonly LedgerCall[],
  { windowedPlans }: KeptCatalog,
): Promise<UserRow[]> {
  const ids = new Set(calls.map(({ userId }) => userId))
  return transaction.query<UserRow>(LOCK_USERS, [plainArray([...ids]), windowedPlans])
}

async function findFacts(
  transaction: Transaction,
  calls: readonly LedgerCall[],
  labels: readonly LabelledUsage[],
): Promise<FactsRow> {
  const sessions = new Map<string, string>()
  const keyUsers: string[] = []
  const keys: string[] = []
  for (const call of calls) {
    if ('sessionId' in call) sessions.set(call.sessionId, call.userId)
    if (!('idempotencyKey' in call) || call.idempotencyKey === null) continue
    keyUsers.push(call.userId)
    keys.push(call.idempotencyKey)
  }
  const [row] = await transaction.query<FactsRow>(FIND_FACTS, [
    plainArray([...sessions.values()]),
    plainArray([...sessions.keys()]),
    plainArray(keyUsers),
    textArray(keys),
    plainArray(labels.map(({ userId }) => userId)),
    instantArray(labels.map(({ occurredAt }) => occurredAt)),
    textArray(labels.map(({ model }) => model ?? '')),
    textArray(labels.map(({ source }) => source ?? '')),
  ])
  return row as FactsRow
}

/** Null for a batch that has to do with no hold. */
async function findHolds(transaction: Transaction, calls: readonly LedgerCall[]): Promise<HoldsRow | null> {
  const asking = new Set<string>()
  const namingUsers: string[] = []
  const named: string[] = []
  const keyUsers: string[] = []
  const keys: string[] = []
  for (const call of calls) {
    if (call.kind === 'usage') continue
    if (call.kind !== 'hold') {
      namingUsers.push(call.userId)
      named.push(call.holdId)
      continue
    }
    asking.add(call.userId)
    if (call.idempotencyKey === null) continue
    keyUsers.push(call.userId)
    keys.push(call.idempotencyKey)
  }
  if (asking.size === 0 && named.length === 0) return null
  const [row] = await transaction.query<HoldsRow>(FIND_HOLDS, [
    plainArray([...asking]),
    plainArray(namingUsers),
    plainArray(named),
    plainArray(keyUsers),
    textArray(keys),
  ])
  return row as HoldsRow
}

async function readCatalog(transaction: Transaction, revision: string): Promise<KeptCatalog> {
  const [planRows, priceRows] = await Promise.all([
    transaction.query<Selectable<PlansTable>>(FIND_PLANS, []),
    transaction.query<Selectable<PricesTable>>(FIND_PRICES, []),
  ])
  const plans = planRows.map(planFromRow)
  return {
    revision,
    plans: new Map(plans.map((plan) => [plan.name, plan])),
    prices: priceRows.map(priceFromRow),
    windowedPlans: textArray(plans.filter(needsWindowCounts).map(({ name }) => name)),
  }
}

/** A plan that has just got a window was not asked for with the lock. */
async function withMissingWindows(
  transaction: Transaction,
  users: ReadonlyMap<string, LockedUser>,
  { plans }: Catalog,
): Promise<ReadonlyMap<string, LockedUser>> {
  const missing = [...users].filter(([, user]) => {
    const plan = plans.get(user.plan)
    if (user.windows !== null || plan === undefined) return false
    return needsWindowCounts(termsOf(plan, user.overrides, user.thresholdOverride))
  })
  if (missing.length === 0) return users
  const rows = await transaction.query<{ id: string; windows: string }>(FIND_WINDOWS, [
    plainArray(missing.map(([id]) => id)),
  ])
  const found = new Map(rows.map(({ id, windows }) => [id, parseWindows(windows)]))
  return new Map([...users].map(([id, user]) => [id, { ...user, windows: found.get(id) ?? user.windows }]))
}

function lockedUserFromRow(row: UserRow): LockedUser {
  return {
    total: { prompts: row.prompt_count, tokens: row.token_count, cost: row.cost_micros },
    eventCount: row.event_count,
    thresholdOverride: row.threshold,
    plan: row.plan,
    overrides: row.overrides,
    disabled: row.disabled,
    countedHour: row.counted_hour,
    windows: row.windows === null ? null : parseWindows(row.windows),
  }
}

/** Reads what `WINDOW_COUNTS` selects. */
function parseWindows(text: string): KeptWindows {
  const values = text.slice(1, -1).split(',')
  const numbers = values.map(Number) as [number, number, number, ...number[]]
  const amounts = (from: number): Amounts => {
    const [prompts, tokens, cost] = numbers.slice(from, from + 3) as [number, number, number]
    return { prompts, tokens, cost }
  }
  const counts: WindowCounts = { hour: amounts(0), day: amounts(3), week: amounts(6), month: amounts(9) }
  return {
    counts,
    rateMinute: values[12] === 'NULL' ? null : (numbers[12] as number),
    rateRequests: numbers[13] as number,
  }
}

function toKnownEvents({ known_events }: FactsRow): Map<string, KnownEvent> {
  return new Map(
    known_events?.map(({ userId, idempotencyKey, occurredAtMs, ...event }) => [
      keyedEvent(userId, idempotencyKey),
      { ...event, occurredAt: occurredAtMs === null ? null : new Date(occurredAtMs) },
    ]),
  )
}

function toHoldFacts(
  row: HoldsRow | null,
): Pick<BatchFacts, 'held' | 'knownHolds' | 'settledHolds' | 'keysInFlight'> {
  return {
    held: new Map(row?.held?.map(({ userId, ...amounts }) => [userId, amounts])),
    knownHolds: new Map(
      row?.named_holds?.map(({ holdId, tokens, cost, ...hold }): [string, KnownHold] => [
        holdId,
        { ...hold, amounts: { prompts: 1, tokens, cost } },
      ]),
    ),
    settledHolds: new Set(row?.settled_holds),
    keysInFlight: new Set(row?.keys_in_flight?.map((key) => keyedEvent(key.userId, key.idempotencyKey))),
  }
}
