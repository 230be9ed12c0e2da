/**
 * Rule 2, outage: without a grid the battery carries what matters, and nothing else.
 *
 * Lost is what the inverter says is lost, until it says otherwise or, when it says nothing any more, the meter shows
 * power; a silent meter alone is rule 1. Essential loads stay, all others go; the battery is used down to the outage
 * floor (and again five percent above it). When the grid is back, loads return one by one, the first after a wait that
 * differs from home to home, so that a street does not return at once.
 */
import { capDischarge, chooseSelfConsume } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import { drawnW } from '../load-power.ts';
import type { Rule } from '../rule.ts';
import { holdShed, release } from '../shedding.ts';
import { spreadOf } from '../spread.ts';

export const outage: Rule = { name: 'outage', observe, apply };

function observe(cycle: Cycle): void {
  const state = cycle.state.outage;
  if (!flowsUnsaid(cycle)) state.flowsSinceMs = 0;
  else if (state.flowsSinceMs === 0) state.flowsSinceMs = cycle.nowMs;
  if (cycle.outage === state.lost) return;
  const { siteId, outage: limits } = cycle.settings;
  state.lost = cycle.outage;
  state.sinceMs = cycle.nowMs;
  state.nextReturnMs = cycle.outage
    ? 0
    : cycle.nowMs + limits.firstReturnMs + spreadOf(siteId, limits.spreadMs);
}

/** An inverter that fell silent in an outage may never say that it is over; through a dead connection nothing flows. */
function flowsUnsaid({ outage: lost, snapshot: { grid }, settings }: Cycle): boolean {
  if (!lost || grid.state !== 'unknown' || grid.powerW.quality !== 'good') return false;
  return Math.abs(grid.powerW.value) > settings.outage.flowW;
}

function apply(cycle: Cycle): void {
  if (cycle.outage) {
    shedNonEssential(cycle);
    supplyFromBattery(cycle);
  } else if (cycle.state.outage.nextReturnMs !== 0) returnNext(cycle);
  holdShed(cycle, 'outage');
}

/** Every load that is not essential waits, also one that is off now: they come back in order. */
function shedNonEssential(cycle: Cycle): void {
  for (const load of cycle.loads) {
    const { state, settings } = load;
    if (settings.essential || state.shed?.code === 'outage-shed') continue;
    const powerW = state.on ? drawnW(load) : 0;
    const { nowMs: atMs } = cycle;
    state.shed = { rule: 'outage', atMs, code: 'outage-shed', measured: 0, limit: 0, phase: 0, powerW };
  }
}

/** Lets the most important waiting load go when its time has come. */
function returnNext(cycle: Cycle): void {
  const { state, nowMs } = cycle;
  let due = nowMs >= state.outage.nextReturnMs;
  let waiting = false;
  for (const load of cycle.byPriority) {
    const { shed } = load.state;
    if (shed?.rule !== 'outage') continue;
    if (due) {
      release(cycle, load);
      state.outage.nextReturnMs = nowMs + cycle.settings.outage.nextReturnMs;
      due = false;
      continue;
    }
    waiting = true;
    if (shed.code === 'outage-shed') load.state.shed = { ...shed, code: 'outage-return' };
  }
  if (!waiting) state.outage.nextReturnMs = 0;
}

function supplyFromBattery(cycle: Cycle): void {
  const { floorPct, floorMarginPct } = cycle.settings.outage;
  for (const battery of cycle.batteries) {
    const { socPct } = battery.reading;
    const { state } = battery;
    if (socPct.quality === 'good') {
      if (socPct.value <= floorPct) state.empty = true;
      else if (socPct.value >= floorPct + floorMarginPct) state.empty = false;
      if (state.empty) capDischarge(cycle, battery, 0, floorReason(socPct.value, floorPct));
    }
    chooseSelfConsume(cycle, battery, OUTAGE_SUPPLY);
  }
}

const OUTAGE_SUPPLY: Reason = { rule: 'outage', code: 'outage-supply', params: {} };

function floorReason(socPct: number, floorPct: number): Reason {
  return { rule: 'outage', code: 'outage-floor', params: { socPct, floorPct } };
}
