/**
 * Rule 2, outage: without a grid the battery carries what matters, and nothing else.
 *
 * Lost is what the inverter says is lost; a silent meter alone is rule 1. Essential loads stay, all others go; the
 * battery is used down to the outage floor (and again five percent above it). When the grid is back, loads return
 * one by one, the first after a wait that differs from home to home, so that a street does not return at once.
 */
import { capDischarge, chooseMode } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { Rule } from '../rule.ts';
import { anyShedBy, drawnW, holdShed } from '../shedding.ts';
import { spreadOf } from '../spread.ts';

/** Charge above the floor at which an emptied battery is used again, percent. */
const FLOOR_HYSTERESIS_PCT = 5;

export const outage: Rule = { name: 'outage', observe, apply };

function observe(cycle: Cycle): void {
  const state = cycle.state.outage;
  const limits = cycle.settings.outage;
  if (cycle.outage && !state.lost) {
    state.lost = true;
    state.sinceMs = cycle.nowMs;
    state.nextReturnMs = 0;
  } else if (!cycle.outage && state.lost) {
    state.lost = false;
    state.sinceMs = cycle.nowMs;
    state.nextReturnMs =
      cycle.nowMs + limits.firstReturnMs + spreadOf(cycle.settings.siteId, limits.spreadMs);
  }
}

function apply(cycle: Cycle): void {
  if (cycle.outage) {
    shedNonEssential(cycle);
    supplyFromBattery(cycle);
  } else returnNext(cycle);
  holdShed(cycle, 'outage');
}

/** Every load that is not essential waits, also one that is off now: they come back in order. */
function shedNonEssential(cycle: Cycle): void {
  for (let i = 0; i < cycle.state.loads.length; i++) {
    const load = cycle.state.loads[i];
    if (!load || cycle.settings.loads[i]?.essential || load.shed?.rule === 'outage') continue;
    const powerW = load.on ? drawnW(cycle, i) : 0;
    const atMs = cycle.nowMs;
    load.shed = { rule: 'outage', atMs, code: 'outage-shed', measured: 0, limit: 0, phase: 0, powerW };
  }
}

function returnNext(cycle: Cycle): void {
  const state = cycle.state.outage;
  if (!anyShedBy(cycle, 'outage')) {
    state.nextReturnMs = 0;
    return;
  }
  for (const load of cycle.state.loads) {
    if (load.shed?.code === 'outage-shed') load.shed = { ...load.shed, code: 'outage-return' };
  }
  if (cycle.nowMs < state.nextReturnMs) return;
  for (const i of cycle.settings.byPriority) {
    const load = cycle.state.loads[i];
    if (load?.shed?.rule !== 'outage') continue;
    load.shed = null;
    load.returnedAtMs = cycle.nowMs;
    state.nextReturnMs = cycle.nowMs + cycle.settings.outage.nextReturnMs;
    return;
  }
}

function supplyFromBattery(cycle: Cycle): void {
  for (let i = 0; i < cycle.batteries.length; i++) {
    const settings = cycle.settings.batteries[i];
    const state = cycle.state.batteries[i];
    const soc = cycle.snapshot.batteries[i]?.socPct;
    if (!settings || !state || !soc) continue;
    const floorPct = cycle.settings.outage.floorPct;
    if (soc.quality === 'good') {
      if (soc.value <= floorPct) state.empty = true;
      else if (soc.value >= floorPct + FLOOR_HYSTERESIS_PCT) state.empty = false;
      if (state.empty) capDischarge(cycle, i, 0, floorReason(soc.value, floorPct));
    }
    const limits = { chargeW: settings.maxChargeW, dischargeW: settings.maxDischargeW };
    chooseMode(cycle, i, { mode: 'self-consume', ...limits }, OUTAGE_SUPPLY);
  }
}

const OUTAGE_SUPPLY: Reason = { rule: 'outage', code: 'outage-supply', params: {} };

function floorReason(socPct: number, floorPct: number): Reason {
  return { rule: 'outage', code: 'outage-floor', params: { socPct, floorPct } };
}
