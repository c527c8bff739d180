import type {
  AbandonCall,
  Abandoned,
  HoldCall,
  HoldOutcome,
  ReleaseCall,
  Released,
  RenewCall,
  Renewed,
  SettleCall,
  Settled,
} from './hold-call.ts'
import type { Refusal } from './refusal.ts'
import type { UsageCall, UsageOutcome } from './usage-call.ts'

/** Everything that travels by the group commit. */
export type LedgerCall = UsageCall | HoldCall | SettleCall | ReleaseCall | RenewCall | AbandonCall

/** What becomes of each kind of call. */
export interface OutcomeByKind {
  usage: UsageOutcome
  hold: HoldOutcome
  settle: Settled | Refusal
  release: Released
  renew: Renewed | Refusal
  abandon: Abandoned
}

export type LedgerOutcome = OutcomeByKind[LedgerCall['kind']]

/** True for calls that end or keep what was admitted before: they are never refused for a full queue. */
export function concludes({ kind }: LedgerCall): boolean {
  return kind !== 'usage' && kind !== 'hold'
}
