/**
 * Rule 4, operator limit: what the grid operator orders, holds.
 *
 * Import or export cap, installed, by contact, or by a set-point (e.g. dimming to 4.2 kW). When an operator is
 * expected and its heartbeat is lost, fail-safe values hold for their time. Import: charging from the grid and
 * chargers give way first, then loads go, least important first, on the 10 s mean. Export: the cap is handed to the
 * inverter, also when the state of everything else is unknown.
 */
import { chooseSelfConsume, forbidOn } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import { capGridChargeTotal, chargingW, lowerCurrents } from '../live-caps.ts';
import type { ManagedLoad } from '../managed.ts';
import type { Rule } from '../rule.ts';
import {
  anyShedBy,
  holdShed,
  pendingReliefW,
  pendingStartW,
  type Return,
  release,
  returnLoads,
  shedLoads,
  waitingBefore,
} from '../shedding.ts';

export const operatorLimit: Rule = { name: 'operator-limit', observe, apply };

function observe(cycle: Cycle): void {
  const { operator } = cycle.settings;
  const state = cycle.state.operator;
  if (!operator.expected) {
    state.lostAtMs = 0;
    return;
  }
  const heardMs = cycle.snapshot.operator.heartbeatAtMs ?? cycle.state.startedAtMs;
  if (cycle.nowMs - heardMs < operator.heartbeatMs) state.lostAtMs = 0;
  else if (state.lostAtMs === 0) state.lostAtMs = cycle.nowMs;
}

function apply(cycle: Cycle): void {
  const failsafe = inFailsafe(cycle);
  cycle.exportLimitW = exportLimitW(cycle, failsafe);
  const limitW = importLimitInForceW(cycle);
  const ordered = failsafe || cycle.snapshot.operator.importLimitW !== null;
  if (limitW === null) releaseAll(cycle);
  else if (cycle.outage) holdShed(cycle, 'operator-limit');
  else holdImport(cycle, limitW);
  if (ordered || anyShedBy(cycle, 'operator-limit')) cycle.limited = true;
}

/** Fail-safe values hold from the loss of the heartbeat for their time. */
function inFailsafe(cycle: Cycle): boolean {
  const { lostAtMs } = cycle.state.operator;
  return lostAtMs !== 0 && cycle.nowMs - lostAtMs < cycle.settings.operator.failsafeMs;
}

/** The tightest import limit that holds now, watts; null is none. */
export function importLimitInForceW(cycle: Cycle): number | null {
  const { grid, operator } = cycle.settings;
  const installedW = least(grid.importLimitW, cycle.snapshot.operator.importLimitW);
  return inFailsafe(cycle) ? least(installedW, operator.failsafeImportW) : installedW;
}

function exportLimitW(cycle: Cycle, failsafe: boolean): number | null {
  const { grid, operator } = cycle.settings;
  const installedW = least(grid.exportLimitW, cycle.snapshot.operator.exportLimitW);
  return failsafe ? least(installedW, operator.failsafeExportW) : installedW;
}

function least(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}

/** The limit is gone: whoever waited for it is free, and the later rules bring the loads back. */
function releaseAll(cycle: Cycle): void {
  for (const load of cycle.loads) {
    if (load.state.shed?.rule === 'operator-limit') release(cycle, load);
  }
}

function holdImport(cycle: Cycle, limitW: number): void {
  const { gridNowW, demandMeanW } = cycle;
  const nowW = gridNowW === null ? limitW : gridNowW;
  const reason: Reason = { rule: 'operator-limit', code: 'limit-reduce', params: { limit: limitW } };
  capGridChargeTotal(cycle, chargingW(cycle) + limitW - nowW, reason);
  const overW = demandMeanW === null ? 0 : Math.min(demandMeanW, Math.max(0, nowW)) - limitW;
  if (demandMeanW !== null && overW > 0) {
    let needW = overW - pendingReliefW(cycle, 0);
    if (needW > 0) needW = lowerCurrents(cycle, needW, 0, reason);
    const numbers = { measured: demandMeanW, limit: limitW, phase: 0, needW } as const;
    const scope = { programsToo: true, essentialToo: false } as const;
    if (needW > 0) shedLoads(cycle, { rule: 'operator-limit', code: 'limit-shed', ...numbers, ...scope });
  }
  returnLoads(cycle, backBelow(limitW));
  holdShed(cycle, 'operator-limit');
  if (overW > 0 || anyShedBy(cycle, 'operator-limit')) {
    for (const battery of cycle.batteries) chooseSelfConsume(cycle, battery, reason);
  }
  for (const load of cycle.loads) {
    if (!load.was && !mayStart(cycle, load, limitW)) {
      const params = { limit: limitW, measured: demandMeanW };
      forbidOn(cycle, load, { rule: 'operator-limit', code: 'limit-full', params }, 'loose');
    }
  }
}

function mayStart(cycle: Cycle, load: ManagedLoad, limitW: number): boolean {
  if (load.settings.essential) return true;
  if (cycle.demandMeanW === null || waitingBefore(cycle, 'operator-limit', load) !== null) return false;
  const needW = cycle.settings.returns.nominalFactor * load.settings.nominalPowerW;
  const startingW = pendingStartW(cycle, 0, cycle.settings.peak.meanMs);
  return cycle.demandMeanW + startingW + needW <= limitW + cycle.batteryHeadroomW;
}

function backBelow(limitW: number): Return {
  return {
    rule: 'operator-limit',
    fitMs: (cycle) => cycle.settings.returns.fitMs,
    fits: (cycle, load) => {
      const { demandMeanW, settings } = cycle;
      if (demandMeanW === null) return false;
      const needW = settings.returns.nominalFactor * load.settings.nominalPowerW;
      return demandMeanW + needW <= limitW * settings.operator.returnShare;
    },
  };
}
