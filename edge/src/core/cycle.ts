/**
 * One cycle under way: the arguments of `decide`, the facts every rule needs, the next state as a draft, and the
 * actuators with the freedom that is left to each.
 */
import { at } from './at.ts';
import { type ManagedBattery, type ManagedLoad, manageBattery, manageLoad, type Trace } from './managed.ts';
import type { Plan, PlanSlot } from './plan.ts';
import type { Settings } from './settings.ts';
import { localMinute } from './site-time.ts';
import type { PriceSlot, Snapshot } from './snapshot.ts';
import type { State } from './state.ts';
import { addSample, meanOf } from './time-mean.ts';

/** A gap as long as this still counts as measured, whatever the pace. */
const MIN_GAP_MS = 10_000;

/** Nothing is integrated over a longer gap: what was not measured is not known. */
export function maxGapMs(settings: Settings): number {
  return Math.max(MIN_GAP_MS, 3 * settings.cycleMs);
}

export interface Cycle {
  readonly nowMs: number;
  /** Since the last cycle; 0 in the first, and after a gap too long to know anything about. */
  readonly dtMs: number;
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  readonly plan: Plan | null;
  /** The next state; only this cycle holds it. */
  readonly state: State;
  /** In the order of the settings, and the most important first. */
  readonly loads: readonly ManagedLoad[];
  readonly byPriority: readonly ManagedLoad[];
  readonly batteries: readonly ManagedBattery[];
  readonly trace: Trace | null;

  /** The grid is lost: nothing flows there, whatever its meter says. */
  readonly outage: boolean;
  /** Grid power now; null when not known. */
  gridNowW: number | null;
  /** Means over the smoothing time: what is drawn (never negative), and the signed power. */
  demandMeanW: number | null;
  gridMeanW: number | null;
  /** Sum over all batteries, discharge +; null when one is not known. */
  batteryPowerW: number | null;
  pvPowerW: number | null;
  /** How much more the batteries could give right now, on our command. */
  batteryHeadroomW: number;
  readonly clockTrusted: boolean;
  /** Local minute of the day; only to be used when the clock is trusted. */
  readonly minute: number;
  importPricePerKwh: number;
  exportPricePerKwh: number;
  /** Index of the current slot in `snapshot.prices`, -1 when none is known. */
  priceIndex: number;
  /** Set by rule 9 when the current slot of the plan is in force. */
  planSlot: PlanSlot | null;
  /** Cap of the export at the connection point, watts; null is none. */
  exportLimitW: number | null;
  /** Rules that hold the home in a special mode this cycle. */
  limited: boolean;
  manual: boolean;
  /** What the fuse rule could not relieve because nothing was left to shed, watts. */
  overloadW: number;
}

export interface CycleArguments {
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  readonly plan: Plan | null;
  readonly nowMs: number;
  readonly trace: Trace | null;
}

/** Opens a cycle on a copy of `previous`. */
export function openCycle(previous: State, args: CycleArguments): Cycle {
  const { snapshot, settings, plan, nowMs, trace } = args;
  if (
    previous.loads.length !== settings.loads.length ||
    previous.batteries.length !== settings.batteries.length
  ) {
    throw new RangeError('state and settings differ in their loads or batteries: align the state first');
  }
  const state = draftOf(previous, nowMs);
  const gapMs = previous.atMs === 0 ? 0 : nowMs - previous.atMs;
  const priceIndex = currentSlot(snapshot);
  const loads = settings.loads.map((load, i) => manageLoad(load, at(state.loads, i), at(snapshot.loads, i)));
  const slot = snapshot.prices[priceIndex];
  return {
    nowMs,
    dtMs: gapMs > maxGapMs(settings) ? 0 : gapMs,
    snapshot,
    settings,
    plan,
    state,
    loads,
    byPriority: settings.byPriority.map((i) => at(loads, i)),
    batteries: settings.batteries.map((battery, i) =>
      manageBattery(battery, at(state.batteries, i), at(snapshot.batteries, i)),
    ),
    trace,
    outage: isLost(previous, args),
    gridNowW: null,
    demandMeanW: null,
    gridMeanW: null,
    batteryPowerW: batterySumW(snapshot),
    pvPowerW: snapshot.pv.powerW.quality === 'absent' ? 0 : snapshot.pv.powerW.value,
    batteryHeadroomW: 0,
    clockTrusted: snapshot.time.trusted,
    minute: localMinute(snapshot.time),
    importPricePerKwh: slot?.importPricePerKwh ?? settings.tariff.importPricePerKwh,
    exportPricePerKwh: slot?.exportPricePerKwh ?? settings.tariff.exportPricePerKwh,
    priceIndex,
    planSlot: null,
    exportLimitW: null,
    limited: false,
    manual: false,
    overloadW: 0,
  };
}

/** Takes the grid power of this cycle into the means. */
export function observeGrid(cycle: Cycle): void {
  const { state, settings, nowMs } = cycle;
  const signal = cycle.snapshot.grid.powerW;
  cycle.gridNowW = cycle.outage ? 0 : signal.value;
  const spanMs = settings.peak.meanMs;
  if (cycle.gridNowW !== null) {
    const demandW = Math.max(0, cycle.gridNowW);
    state.peak.meanW = addSample(state.peak.meanW, demandW, nowMs, spanMs, maxGapMs(settings));
    state.gridMeanW = addSample(state.gridMeanW, cycle.gridNowW, nowMs, spanMs, maxGapMs(settings));
  }
  cycle.demandMeanW = meanOf(state.peak.meanW, nowMs, spanMs);
  cycle.gridMeanW = meanOf(state.gridMeanW, nowMs, spanMs);
}

/** Lost until somebody says that it is back, or the meter shows it. */
function isLost({ outage }: State, { snapshot, settings, nowMs }: CycleArguments): boolean {
  if (snapshot.grid.state !== 'unknown') return snapshot.grid.state === 'lost';
  const flows = outage.flowsSinceMs !== 0 && nowMs - outage.flowsSinceMs >= settings.outage.flowMs;
  return outage.lost && !flows;
}

function batterySumW(snapshot: Snapshot): number | null {
  let sumW = 0;
  for (const battery of snapshot.batteries) {
    if (battery.powerW.quality !== 'good') return null;
    sumW += battery.powerW.value;
  }
  return sumW;
}

/** A price is one of a time: without a trusted clock there is none. */
function currentSlot(snapshot: Snapshot): number {
  if (!snapshot.time.trusted) return -1;
  const { prices, time } = snapshot;
  let low = 0;
  let high = prices.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const slot = at(prices, middle);
    if (time.wallMs < slot.startMs) high = middle - 1;
    else if (time.wallMs >= slot.endMs) low = middle + 1;
    else return isPriced(slot) ? middle : -1;
  }
  return -1;
}

/** A price that is no number is no price: the ledger must never see it. */
export function isPriced(slot: PriceSlot): boolean {
  return Number.isFinite(slot.importPricePerKwh) && Number.isFinite(slot.exportPricePerKwh);
}

/** A copy whose records may be written; arrays inside them are replaced, never changed. */
function draftOf(state: State, nowMs: number): State {
  return {
    ...state,
    atMs: nowMs,
    startedAtMs: state.startedAtMs === 0 ? nowMs : state.startedAtMs,
    cycle: state.cycle + 1,
    trust: { ...state.trust },
    outage: { ...state.outage },
    fuse: state.fuse.map((phase) => ({ ...phase })),
    operator: { ...state.operator },
    peak: { ...state.peak },
    batteries: state.batteries.map((battery) => ({ ...battery })),
    loads: state.loads.map((load) => ({ ...load })),
    ledger: {
      ...state.ledger,
      total: { ...state.ledger.total },
    },
  };
}
