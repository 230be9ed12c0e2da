/**
 * Loads by surplus: who starts on the sun, who stays, who goes.
 *
 * On when the surplus has been at least nominal + 200 W for 60 s, most important first; one that needs more than is
 * free takes it from less important ones. Off when the home imports for 60 s or has lived on its battery too long,
 * the least important first, one at a time. With nothing exported because nothing may be, surplus is hidden: it is
 * estimated where the inverter says what it could give, and probed with a load where it does not.
 */
import { at } from './at.ts';
import { choose } from './binding.ts';
import type { Cycle } from './cycle.ts';
import type { Reason } from './decision.ts';
import { drawnW } from './load-power.ts';
import type { ManagedLoad } from './managed.ts';
import { endProbe, hiddenSurplusW, mayProbe, startProbe } from './surplus-probe.ts';

/** Battery power that counts as living on it, watts. */
export const BRIDGE_W = 50;

/** Sun that is left over now, watts; negative when there is none; null when the grid power is not known. */
export function surplusW(cycle: Cycle): number | null {
  if (cycle.gridMeanW === null || cycle.outage) return null;
  return hiddenSurplusW(cycle) - cycle.gridMeanW - dischargingW(cycle);
}

/** What the batteries give now, watts; 0 when not known. */
export function dischargingW(cycle: Cycle): number {
  return cycle.batteryPowerW === null ? 0 : Math.max(0, cycle.batteryPowerW);
}

/** The surplus load that has to end now because the home imports or lives on its battery; null for none. */
export function endingLoad(cycle: Cycle): ManagedLoad | null {
  const { state, settings, nowMs } = cycle;
  const { surplus } = settings;
  const running = cycle.loads.some(runsOnSurplus);
  const imports = running && cycle.gridMeanW !== null && cycle.gridMeanW > surplus.offImportW;
  const bridges = running && dischargingW(cycle) > BRIDGE_W;
  state.importSinceMs = imports ? state.importSinceMs || nowMs : 0;
  state.bridgeSinceMs = bridges ? state.bridgeSinceMs || nowMs : 0;
  const importEnds = imports && nowMs - state.importSinceMs >= surplus.offMs;
  const bridgeEnds = bridges && nowMs - state.bridgeSinceMs >= surplus.bridgeMs;
  if (!importEnds && !bridgeEnds) return null;
  const last = leastImportantEndable(cycle);
  if (last === null) return null;
  // The next one gets its own time: the meter must show this one first.
  if (importEnds) state.importSinceMs = nowMs;
  if (bridgeEnds) state.bridgeSinceMs = nowMs - surplus.bridgeMs + surplus.offMs;
  return last;
}

function leastImportantEndable(cycle: Cycle): ManagedLoad | null {
  for (let k = cycle.byPriority.length - 1; k >= 0; k--) {
    const load = at(cycle.byPriority, k);
    if (runsOnSurplus(load) && load.canOff) return load;
  }
  return null;
}

function runsOnSurplus(load: ManagedLoad): boolean {
  const { surplusRun, probeSinceMs } = load.state;
  return load.was && surplusRun && probeSinceMs === 0 && load.choice === null;
}

/** Settles a load that runs on surplus. */
export function keepRunning(cycle: Cycle, load: ManagedLoad, ends: boolean): void {
  if (endProbe(cycle, load)) choose(cycle, load, false, PROBE_FAILED);
  else if (ends) choose(cycle, load, false, endReason(cycle));
  else choose(cycle, load, true, load.state.probeSinceMs === 0 ? SURPLUS_RUN : PROBING);
}

/** Starts the most important load for which the surplus has lasted, making room where it has to. */
export function startNext(cycle: Cycle, freeW: number): void {
  const { settings, state, nowMs } = cycle;
  const { meanMs, settleMs } = settings.peak;
  let mayStart = state.lastOnMs === 0 || nowMs - state.lastOnMs >= meanMs + settleMs;
  // What a more important load is about to take is not free for the ones after it.
  let leftW = freeW;
  for (const load of cycle.byPriority) {
    if (load.was || load.choice !== null) continue;
    const waiting = load.state;
    const neededW = startPowerW(cycle, load) + settings.surplus.onMarginW;
    if (!load.canOn || leftW + yieldableW(cycle, load) < neededW) {
      waiting.surplusSinceMs = 0;
      if (mayStart && mayProbe(cycle, load)) {
        startProbe(cycle, load);
        choose(cycle, load, true, PROBING);
        mayStart = false;
      }
      continue;
    }
    if (waiting.surplusSinceMs === 0) waiting.surplusSinceMs = nowMs;
    const lasted = nowMs - waiting.surplusSinceMs >= settings.surplus.onMs;
    const availableW = leftW;
    leftW -= neededW;
    if (!mayStart || !lasted) continue;
    mayStart = false;
    if (availableW < neededW) makeRoom(cycle, load, neededW - availableW);
    else {
      waiting.surplusSinceMs = 0;
      waiting.surplusRun = true;
      const params = { surplusW: availableW, neededW };
      choose(cycle, load, true, { rule: 'loads', code: 'surplus-on', params });
    }
  }
}

/** A charger with current control starts with its least current. */
export function startPowerW(cycle: Cycle, load: ManagedLoad): number {
  const { current, nominalPowerW } = load.settings;
  if (current === null) return nominalPowerW;
  return current.minA * current.phases * cycle.settings.grid.nominalVoltageV;
}

/** What less important surplus loads take now and could give up, watts. */
function yieldableW(cycle: Cycle, load: ManagedLoad): number {
  let sumW = 0;
  for (const other of cycle.loads) {
    if (yieldsTo(other, load)) sumW += drawnW(other);
  }
  return sumW;
}

function yieldsTo(other: ManagedLoad, load: ManagedLoad): boolean {
  if (!other.was || !other.canOff || other.settings.priority <= load.settings.priority) return false;
  return other.choice === true && (other.choiceReason === SURPLUS_RUN || other.choiceReason === PROBING);
}

function makeRoom(cycle: Cycle, load: ManagedLoad, needW: number): void {
  let leftW = needW;
  for (let k = cycle.byPriority.length - 1; k >= 0 && leftW > 0; k--) {
    const other = at(cycle.byPriority, k);
    if (!yieldsTo(other, load)) continue;
    leftW -= drawnW(other);
    // A choice of this very rule is taken back by it.
    other.choice = null;
    const reason: Reason = { rule: 'loads', code: 'surplus-yield', params: { other: load.settings.name } };
    choose(cycle, other, false, reason);
  }
}

function endReason(cycle: Cycle): Reason {
  return { rule: 'loads', code: 'surplus-ended', params: { importW: cycle.gridMeanW } };
}

/** Why a load waits that nothing else decided about. */
export function waitReason(cycle: Cycle, load: ManagedLoad, freeW: number | null): Reason {
  if (freeW === null) return NO_READING;
  const neededW = startPowerW(cycle, load) + cycle.settings.surplus.onMarginW;
  return { rule: 'loads', code: 'surplus-wait', params: { surplusW: Math.max(0, freeW), neededW } };
}

const SURPLUS_RUN: Reason = { rule: 'loads', code: 'surplus-run', params: {} };
const PROBING: Reason = { rule: 'loads', code: 'surplus-probe', params: {} };
const PROBE_FAILED: Reason = { rule: 'loads', code: 'surplus-probe-failed', params: {} };
const NO_READING: Reason = { rule: 'loads', code: 'surplus-unknown', params: {} };
