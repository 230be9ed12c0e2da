/** What one cycle answers: commands, the reasons for them, where the watts flow, and what has changed. */
import type { ReasonCode } from '@wattward/broker/wire/reasons';
import type { Allocation, BatteryMode, HomeMode } from '@wattward/broker/wire/site';
import type { LedgerTotals } from './ledger-state.ts';

export type RuleName =
  | 'start'
  | 'trust'
  | 'outage'
  | 'fuse'
  | 'operator-limit'
  | 'peak-watch'
  | 'relay-care'
  | 'battery-hysteresis'
  | 'orders'
  | 'plan'
  | 'price'
  | 'sources'
  | 'loads';

export type ReasonParams = Readonly<Record<string, number | string | boolean | null>>;

/** Which rule bound an actuator, with a stable code and its numbers. Texts are made where a person reads them. */
export interface Reason {
  readonly rule: RuleName;
  readonly code: ReasonCode;
  readonly params: ReasonParams;
}

export interface LoadCommand {
  readonly id: string;
  readonly on: boolean;
  /** Charger with current control: 0 or 6..32 A. Null for every other load. */
  readonly currentLimitA: number | null;
  readonly leaseS: number;
  /** Protective: to be sent at once, before its state is committed. */
  readonly urgent: boolean;
  /** `on` differs from the cycle before. Unchanged commands are only renewed. */
  readonly changed: boolean;
  /** Taken off by a protective rule and waiting to come back. */
  readonly shed: boolean;
  /** Control time since which `on` has been as it is; null before the first decision. */
  readonly sinceMs: number | null;
  readonly reason: Reason;
}

export interface BatteryCommand {
  readonly id: string;
  readonly mode: BatteryMode;
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
  /** Power for a set-point-controlled battery (discharge +), following the live meter; null for the others. */
  readonly setpointW: number | null;
  readonly leaseS: number;
  readonly urgent: boolean;
  /** Mode differs from the cycle before (limits follow the sun and are no change of outcome). */
  readonly changed: boolean;
  /** False for an observe-only battery: nothing is to be sent. */
  readonly commanded: boolean;
  /** Hysteresis latch of rule 7. */
  readonly dischargeAllowed: boolean;
  readonly reason: Reason;
}

export interface ExportCommand {
  /** Largest export at the connection point; null is unlimited. */
  readonly limitW: number | null;
  readonly leaseS: number;
  readonly changed: boolean;
  readonly reason: Reason;
}

export interface Balance {
  readonly gridPowerW: number | null;
  readonly pvPowerW: number | null;
  /** Sum of all batteries. */
  readonly batteryPowerW: number | null;
  readonly houseLoadW: number | null;
  readonly managedLoadW: number | null;
}

export interface Demand {
  /** Time-weighted mean of what is drawn from the grid; null while too little of it was measured. */
  readonly demandW: number | null;
  /** Mean of the running 15-minute window as it will be at its end if nothing changes. */
  readonly windowDemandW: number | null;
  readonly thresholdW: number;
  readonly peakActive: boolean;
}

/** A change of outcome: home mode, battery mode, a load's desired state, or the rule that binds an actuator. */
export interface OutcomeChange {
  /** `home`, `battery:ID`, `load:ID`, `export`. */
  readonly actuator: string;
  /** The outcome now: `on`, `off`, a mode, or a limit in watts. */
  readonly outcome: string;
  readonly reason: Reason;
}

/** Totals since the local day began. Energy in Wh, money in the site's currency. */
export interface Today {
  readonly gridImportWh: number;
  readonly gridExportWh: number;
  readonly pvWh: number;
  readonly batteryChargedWh: number;
  readonly batteryDischargedWh: number;
  readonly costMoney: number;
  readonly savingsMoney: number;
}

/** One closed slot of the ledger: what was used in it, and the stores at its end. */
export interface LedgerSlot {
  /** Half-open `[startMs, endMs)`, UTC; `offsetMs` leads to local time. */
  readonly startMs: number;
  readonly endMs: number;
  readonly offsetMs: number;
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
  readonly storedWh: number | null;
  readonly counterfactualStoredWh: number | null;
  readonly storedPricePerKwh: number;
  /** Part of the counterfactual's cost that buys what the real home has not served yet. */
  readonly owedMoney: number;
  readonly used: LedgerTotals;
}

export interface Alarm {
  readonly code: ReasonCode;
  /** `home`, `battery:ID`, `load:ID`. */
  readonly actuator: string;
  readonly params: ReasonParams;
}

export interface Decision {
  readonly atMs: number;
  readonly cycle: number;
  readonly homeMode: HomeMode;
  /** What explains the home as a whole. */
  readonly reason: Reason;
  readonly loads: readonly LoadCommand[];
  readonly batteries: readonly BatteryCommand[];
  readonly exportLimit: ExportCommand;
  readonly balance: Balance;
  /** Null while a reading it needs is missing. */
  readonly allocation: Allocation | null;
  readonly demand: Demand;
  readonly today: Today;
  /** The 15-minute slot that ended with this cycle; null in all other cycles. */
  readonly closedSlot: LedgerSlot | null;
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
  /** Changes since the cycle before, home first. Empty in a quiet cycle. */
  readonly outcomes: readonly OutcomeChange[];
  /** Conditions that want a person, as they stand now. */
  readonly alarms: readonly Alarm[];
  /** The new state holds something that must survive a power cut: commit it before non-urgent commands go out. */
  readonly mustPersist: boolean;
}
