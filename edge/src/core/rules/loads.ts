/**
 * Rule 12, loads: deferrable loads take the sun that nothing else wants.
 *
 * On when the surplus has been at least nominal + 200 W for 60 s, most important first; one that needs more than is
 * free takes it from less important ones. Off when they import for 60 s or have lived on the battery too long, the
 * least important first, one at a time. Before a deadline a load runs regardless. Loads that are always on, or only
 * switched by people, are settled here too. With nothing exported because nothing may be, surplus is hidden: it is
 * estimated where the inverter says what it could give, and probed with a load where it does not.
 */
import { choose } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { Rule } from '../rule.ts';
import { observeServed, remainingMs, timeToDeadlineMs } from '../served.ts';
import type { LoadSettings } from '../settings.ts';
import { drawnW, programStarted } from '../shedding.ts';
import { inDailySpan } from '../site-time.ts';
import type { LoadState } from '../state.ts';
import { endProbe, hiddenSurplusW, mayProbe, startProbe } from '../surplus-probe.ts';

/** Battery power that counts as living on it, watts. */
const BRIDGE_W = 50;

export const loads: Rule = { name: 'loads', observe: observeServed, apply };

function apply(cycle: Cycle): void {
  const freeW = surplusW(cycle);
  const ending = endingLoad(cycle);
  for (let i = 0; i < cycle.loads.length; i++) settle(cycle, i, i === ending);
  if (freeW !== null) startNext(cycle, freeW);
  for (let i = 0; i < cycle.loads.length; i++) {
    const state = cycle.state.loads[i];
    choose(cycle, i, false, waitReason(cycle, i, freeW));
    if (state && cycle.loads[i]?.choice === false) state.surplusRun = false;
  }
}

/** Sun that is left over now, watts; negative when there is none; null when the grid power is not known. */
function surplusW(cycle: Cycle): number | null {
  if (cycle.gridMeanW === null || cycle.outage) return null;
  const dischargeW = Math.max(0, cycle.batteryPowerW ?? 0);
  return hiddenSurplusW(cycle) - cycle.gridMeanW - dischargeW;
}

/** Settles every load whose wish does not depend on the surplus of this moment. */
function settle(cycle: Cycle, i: number, ends: boolean): void {
  const settings = cycle.settings.loads[i];
  const state = cycle.state.loads[i];
  const was = cycle.loads[i]?.was === true;
  if (!settings || !state) return;
  if (settings.use === 'always') {
    choose(cycle, i, true, ALWAYS);
    return;
  }
  if (settings.use === 'manual') {
    choose(cycle, i, false, MANUAL);
    return;
  }
  if (was && programStarted(cycle, i) && remainingMs(settings, state) > 0) {
    choose(cycle, i, true, PROGRAM_RUNS);
    return;
  }
  if (cycle.clockTrusted && isQuiet(cycle, settings)) {
    choose(cycle, i, false, QUIET);
    return;
  }
  if (mustRun(cycle, settings, state)) {
    state.surplusRun = false;
    choose(cycle, i, true, deadlineReason(cycle, settings, state));
    return;
  }
  if (isServed(settings, state)) {
    choose(cycle, i, false, SERVED);
    return;
  }
  if (!was || !state.surplusRun) return;
  if (endProbe(cycle, i)) choose(cycle, i, false, PROBE_FAILED);
  else if (ends) choose(cycle, i, false, endReason(cycle));
  else choose(cycle, i, true, state.probeSinceMs === 0 ? SURPLUS_RUN : PROBING);
}

function mustRun(cycle: Cycle, settings: LoadSettings, state: LoadState): boolean {
  if (!cycle.clockTrusted || !settings.target) return false;
  const leftMs = remainingMs(settings, state);
  if (leftMs <= 0) state.deadlineRun = false;
  else if (leftMs + cycle.settings.surplus.deadlineMarginMs >= timeToDeadlineMs(cycle, settings, state)) {
    state.deadlineRun = true;
  }
  return state.deadlineRun;
}

function isServed(settings: LoadSettings, state: LoadState): boolean {
  return settings.target !== null && !settings.target.beyond && remainingMs(settings, state) <= 0;
}

function isQuiet(cycle: Cycle, settings: LoadSettings): boolean {
  const quiet = settings.quietHours;
  return quiet !== null && inDailySpan(cycle.minute, quiet.fromMinute, quiet.toMinute);
}

/** The surplus load that has to end now because the home imports or lives on its battery; -1 for none. */
function endingLoad(cycle: Cycle): number {
  const { state, settings, nowMs } = cycle;
  const last = leastImportantRunning(cycle);
  const imports = last >= 0 && cycle.gridMeanW !== null && cycle.gridMeanW > settings.surplus.offImportW;
  const bridges = last >= 0 && (cycle.batteryPowerW ?? 0) > BRIDGE_W;
  state.importSinceMs = imports ? state.importSinceMs || nowMs : 0;
  state.bridgeSinceMs = bridges ? state.bridgeSinceMs || nowMs : 0;
  const importEnds = imports && nowMs - state.importSinceMs >= settings.surplus.offMs;
  const bridgeEnds = bridges && nowMs - state.bridgeSinceMs >= settings.surplus.bridgeMs;
  if (!importEnds && !bridgeEnds) return -1;
  // The next one gets its own time: the meter must show this one first.
  if (cycle.loads[last]?.canOff) {
    if (importEnds) state.importSinceMs = nowMs;
    if (bridgeEnds) state.bridgeSinceMs = nowMs - settings.surplus.bridgeMs + settings.surplus.offMs;
  }
  return last;
}

function leastImportantRunning(cycle: Cycle): number {
  const order = cycle.settings.byPriority;
  for (let k = order.length - 1; k >= 0; k--) {
    const i = order[k] ?? -1;
    const state = cycle.state.loads[i];
    const load = cycle.loads[i];
    if (!state?.surplusRun || !state.on || state.probeSinceMs !== 0 || !load || load.choice !== null)
      continue;
    if (load.canOff) return i;
  }
  return -1;
}

/** Starts the most important load for which the surplus has lasted, making room where it has to. */
function startNext(cycle: Cycle, freeW: number): void {
  const { settings, state, nowMs } = cycle;
  const settled =
    nowMs - state.lastOnMs >= settings.peak.meanMs + settings.peak.settleMs || state.lastOnMs === 0;
  let started = false;
  for (const i of settings.byPriority) {
    const load = settings.loads[i];
    const waiting = state.loads[i];
    if (!load || !waiting || cycle.loads[i]?.was || cycle.loads[i]?.choice !== null) continue;
    const neededW = startPowerW(cycle, load) + settings.surplus.onMarginW;
    const takenW = freeW + yieldableW(cycle, load.priority);
    if (takenW < neededW || cycle.loads[i]?.canOn === false) {
      waiting.surplusSinceMs = 0;
      if (!started && settled && cycle.loads[i]?.canOn && mayProbe(cycle, i)) {
        startProbe(cycle, i);
        choose(cycle, i, true, PROBING);
        started = true;
      }
      continue;
    }
    if (waiting.surplusSinceMs === 0) waiting.surplusSinceMs = nowMs;
    if (started || !settled || nowMs - waiting.surplusSinceMs < settings.surplus.onMs) continue;
    started = true;
    if (freeW < neededW) makeRoom(cycle, load, neededW - freeW);
    else {
      waiting.surplusSinceMs = 0;
      waiting.surplusRun = true;
      choose(cycle, i, true, { rule: 'loads', code: 'surplus-on', params: { surplusW: freeW, neededW } });
    }
  }
}

/** A charger with current control starts with its least current. */
function startPowerW(cycle: Cycle, load: LoadSettings): number {
  if (!load.current) return load.nominalPowerW;
  return load.current.minA * load.current.phases * cycle.settings.grid.nominalVoltageV;
}

/** What less important surplus loads take now and could give up, watts. */
function yieldableW(cycle: Cycle, priority: number): number {
  let sumW = 0;
  for (let k = 0; k < cycle.loads.length; k++) {
    if (yields(cycle, k, priority)) sumW += drawnW(cycle, k);
  }
  return sumW;
}

function yields(cycle: Cycle, k: number, priority: number): boolean {
  const load = cycle.loads[k];
  const settings = cycle.settings.loads[k];
  if (!load?.was || !load.canOff || !settings || settings.priority <= priority) return false;
  return (
    cycle.state.loads[k]?.surplusRun === true && load.choice !== false && load.choiceReason?.rule === 'loads'
  );
}

function makeRoom(cycle: Cycle, load: LoadSettings, needW: number): void {
  let leftW = needW;
  const order = cycle.settings.byPriority;
  for (let k = order.length - 1; k >= 0 && leftW > 0; k--) {
    const i = order[k] ?? -1;
    if (!yields(cycle, i, load.priority)) continue;
    leftW -= drawnW(cycle, i);
    rechoose(cycle, i, { rule: 'loads', code: 'surplus-yield', params: { other: load.name } });
  }
}

/** A choice of this very rule may be taken back by it within the cycle. */
function rechoose(cycle: Cycle, i: number, reason: Reason): void {
  const load = cycle.loads[i];
  if (load) load.choice = null;
  choose(cycle, i, false, reason);
}

function deadlineReason(cycle: Cycle, settings: LoadSettings, state: LoadState): Reason {
  const leftS = Math.round(remainingMs(settings, state) / 1000);
  const inS = Math.round((state.periodEndsMs - cycle.snapshot.time.wallMs) / 1000);
  return { rule: 'loads', code: 'deadline-run', params: { leftS, inS } };
}

function endReason(cycle: Cycle): Reason {
  const importW = Math.max(0, cycle.gridMeanW ?? 0);
  return { rule: 'loads', code: 'surplus-ended', params: { importW } };
}

function waitReason(cycle: Cycle, i: number, freeW: number | null): Reason {
  const settings = cycle.settings.loads[i];
  if (freeW === null || !settings) return NO_READING;
  const neededW = startPowerW(cycle, settings) + cycle.settings.surplus.onMarginW;
  return { rule: 'loads', code: 'surplus-wait', params: { surplusW: Math.max(0, freeW), neededW } };
}

const ALWAYS: Reason = { rule: 'loads', code: 'always-on', params: {} };
const MANUAL: Reason = { rule: 'loads', code: 'manual-off', params: {} };
const PROGRAM_RUNS: Reason = { rule: 'loads', code: 'program-runs', params: {} };
const QUIET: Reason = { rule: 'loads', code: 'quiet-hours', params: {} };
const SERVED: Reason = { rule: 'loads', code: 'target-served', params: {} };
const SURPLUS_RUN: Reason = { rule: 'loads', code: 'surplus-run', params: {} };
const PROBING: Reason = { rule: 'loads', code: 'surplus-probe', params: {} };
const PROBE_FAILED: Reason = { rule: 'loads', code: 'surplus-probe-failed', params: {} };
const NO_READING: Reason = { rule: 'loads', code: 'surplus-unknown', params: {} };
