/**
 * What the core remembers from one cycle to the next: plain JSON, a few kilobytes, bounded.
 *
 * All times are control time in epoch milliseconds. Latches (Peak Mode, hysteresis, sheds), switch histories and
 * served run times survive a restart; means over seconds begin anew.
 */
import type { ReasonCode } from '@wattward/broker/wire/reasons';
import type { BatteryMode, HomeMode } from '@wattward/broker/wire/site';
import type { RuleName } from './decision.ts';
import { initialLedger, type LedgerState } from './ledger-state.ts';
import type { Settings } from './settings.ts';
import { emptyMean, type TimeMean } from './time-mean.ts';

export const STATE_VERSION = 1;

export interface TrustState {
  level: 'starting' | 'trusted' | 'hold' | 'failsafe';
  /** Last good sample of the grid power; 0 when there was none. */
  lastGoodMs: number;
  /** The row of good samples since the last missing one. */
  goodCount: number;
  goodSinceMs: number;
}

export interface OutageState {
  lost: boolean;
  sinceMs: number;
  /** Since when power has flown at the meter although nobody says that the grid is back; 0 while none does. */
  flowsSinceMs: number;
  /** Grid back and loads still returning one by one: when the next one may; 0 when none waits. */
  nextReturnMs: number;
}

export interface FusePhaseState {
  /** Mean of the import current over the slow band's time, amperes. */
  meanA: TimeMean;
  /** Since when the current has been in the medium band or above; 0 when it is not. */
  overMediumSinceMs: number;
}

export interface OperatorState {
  /** When the heartbeat was found lost; 0 while it is heard. */
  lostAtMs: number;
}

export interface PeakState {
  active: boolean;
  sinceMs: number;
  meanW: TimeMean;
  windowStartMs: number;
  windowImportWh: number;
  /** How much of the running window was measured. */
  windowCoveredMs: number;
  /** Since when the predicted window mean has been above the contract level; 0 when it is not. */
  windowOverSinceMs: number;
}

export interface PlanState {
  /** Plan last seen; empty when there was none. */
  id: string;
  /** Reality has left it: it is ignored. */
  left: boolean;
  houseLoadW: TimeMean;
}

export interface ShedRecord {
  rule: RuleName;
  atMs: number;
  code: ReasonCode;
  /** Numbers at the moment of shedding, for its reason: measured and limit (W or A), phase, the load's power. */
  measured: number;
  limit: number;
  phase: number;
  powerW: number;
}

export interface LoadState {
  id: string;
  on: boolean;
  /** Since when `on` has been as it is; 0 before the first decision. */
  sinceMs: number;
  /** Switching instants of the last 24 hours, oldest first. Never changed in place. */
  switchesMs: readonly number[];
  /** The board's count at the first report, and what has been added to `switchesMs` since; null before it counted. */
  countedFrom: number | null;
  countedSince: number;
  /** What the board last reported, and since when; null before it did. */
  reportedOn: boolean | null;
  reportedSinceMs: number;
  shed: ShedRecord | null;
  /** Wait before the next return; doubled after a return that caused a shed. */
  backoffMs: number;
  returnedAtMs: number;
  /** Since when there has been enough room for its return, surplus for its start, import against its stay; 0: not. */
  fitSinceMs: number;
  surplusSinceMs: number;
  /** Runs before a deadline regardless of surplus, until its target is served. */
  deadlineRun: boolean;
  /** Runs on surplus (or a probe of it), so that import ends it. */
  surplusRun: boolean;
  /** Served since the last deadline (or start of counting). */
  periodEndsMs: number;
  servedMs: number;
  servedWh: number;
  /** What the counterfactual home has given it in this period, and paid for it. */
  wantedWh: number;
  wantedMoney: number;
  /** Last time a program was seen drawing power. */
  activeAtMs: number;
  /** Charger with current control: amperes last commanded, and when they were last raised. */
  currentA: number;
  currentRaisedMs: number;
  /** Probe of hidden surplus: running since; 0 when none. Next one not before; wait until the one after. */
  probeSinceMs: number;
  probeNotBeforeMs: number;
  probeWaitMs: number;
  /** Rule that bound it in the last cycle: a change of it is a change of outcome. */
  reasonRule: RuleName;
}

export interface BatteryState {
  id: string;
  mode: BatteryMode;
  /** Rule 7: discharge has started and goes on until SoC falls below the lower bound. */
  dischargeOn: boolean;
  maintenance: boolean;
  /** Charged to the ceiling; charging starts again one percent below. */
  full: boolean;
  /** Discharged to the outage floor; used again five percent above. */
  empty: boolean;
  /** The charge last read (-1 before the first), and what has left the battery since it last moved. */
  seenSocPct: number;
  sinceSocMovedWh: number;
  chargeLimitW: number;
  dischargeLimitW: number;
  setpointW: number;
  reasonRule: RuleName;
}

export interface State {
  v: number;
  /** Control time of the last cycle; 0 before the first. */
  atMs: number;
  startedAtMs: number;
  cycle: number;
  homeMode: HomeMode;
  exportLimitW: number | null;
  trust: TrustState;
  outage: OutageState;
  fuse: FusePhaseState[];
  operator: OperatorState;
  peak: PeakState;
  plan: PlanState;
  /** Mean of the signed grid power over the surplus rule's time, watts. */
  gridMeanW: TimeMean;
  /** Since when surplus loads have been importing, or living on the battery; 0 when they are not. */
  importSinceMs: number;
  bridgeSinceMs: number;
  /** When a load was last returned or started, so that they come one by one. */
  lastOnMs: number;
  batteries: BatteryState[];
  loads: LoadState[];
  ledger: LedgerState;
}

/** The state of a box that has never run. */
export function initialState(settings: Settings): State {
  return {
    v: STATE_VERSION,
    atMs: 0,
    startedAtMs: 0,
    cycle: 0,
    homeMode: 'normal',
    exportLimitW: null,
    trust: { level: 'starting', lastGoodMs: 0, goodCount: 0, goodSinceMs: 0 },
    outage: { lost: false, sinceMs: 0, flowsSinceMs: 0, nextReturnMs: 0 },
    fuse: Array.from({ length: settings.grid.phases }, initialFusePhase),
    operator: { lostAtMs: 0 },
    peak: {
      active: false,
      sinceMs: 0,
      meanW: emptyMean(),
      windowStartMs: 0,
      windowImportWh: 0,
      windowCoveredMs: 0,
      windowOverSinceMs: 0,
    },
    plan: { id: '', left: false, houseLoadW: emptyMean() },
    gridMeanW: emptyMean(),
    importSinceMs: 0,
    bridgeSinceMs: 0,
    lastOnMs: 0,
    batteries: settings.batteries.map((battery) => initialBattery(battery.id)),
    loads: settings.loads.map((load) => initialLoad(load.id)),
    ledger: initialLedger(settings),
  };
}

function initialFusePhase(): FusePhaseState {
  return { meanA: emptyMean(), overMediumSinceMs: 0 };
}

export function initialBattery(id: string): BatteryState {
  return {
    id,
    mode: 'idle',
    dischargeOn: false,
    maintenance: false,
    full: false,
    empty: false,
    seenSocPct: -1,
    sinceSocMovedWh: 0,
    chargeLimitW: 0,
    dischargeLimitW: 0,
    setpointW: 0,
    reasonRule: 'start',
  };
}

export function initialLoad(id: string): LoadState {
  return {
    id,
    on: false,
    sinceMs: 0,
    switchesMs: [],
    countedFrom: null,
    countedSince: 0,
    reportedOn: null,
    reportedSinceMs: 0,
    shed: null,
    backoffMs: 0,
    returnedAtMs: 0,
    fitSinceMs: 0,
    surplusSinceMs: 0,
    deadlineRun: false,
    surplusRun: false,
    periodEndsMs: 0,
    servedMs: 0,
    servedWh: 0,
    wantedWh: 0,
    wantedMoney: 0,
    activeAtMs: 0,
    currentA: 0,
    currentRaisedMs: 0,
    probeSinceMs: 0,
    probeNotBeforeMs: 0,
    probeWaitMs: 0,
    reasonRule: 'start',
  };
}
