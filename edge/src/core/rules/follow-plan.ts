/**
 * Rule 9, plan: the current slot's modes and limits, as long as reality is where the plan thought it would be.
 *
 * The plan gives modes, never powers: the battery follows the live meter within them. A battery outside its
 * expected band, or a house load off by more than its band for a while, means that the plan is about another home:
 * it is ignored until a new one comes.
 */
import { choose, chooseMode } from '../binding.ts';
import { type Cycle, maxGapMs } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { PlanSlot } from '../plan.ts';
import type { Rule } from '../rule.ts';
import { addSample, emptyMean, meanOf } from '../time-mean.ts';

export const followPlan: Rule = { name: 'plan', observe, apply };

function observe(cycle: Cycle): void {
  const { plan, state, nowMs } = cycle;
  if (!plan || !cycle.clockTrusted) return;
  if (state.plan.id !== plan.id) state.plan = { id: plan.id, left: false, houseLoadW: emptyMean() };
  const houseLoadW = houseW(cycle);
  if (houseLoadW !== null) {
    const { loadMeanMs } = cycle.settings.plan;
    const mean = addSample(state.plan.houseLoadW, houseLoadW, nowMs, loadMeanMs, maxGapMs(cycle.settings));
    state.plan = { ...state.plan, houseLoadW: mean };
  }
  const { wallMs } = cycle.snapshot.time;
  if (!(wallMs >= plan.issuedAtMs && wallMs < plan.expiresAtMs)) return;
  const slot = slotAt(plan.slots, wallMs);
  if (!slot) return;
  if (!state.plan.left && hasLeft(cycle, slot)) state.plan = { ...state.plan, left: true };
  if (!state.plan.left) cycle.planSlot = slot;
}

function apply(cycle: Cycle): void {
  const { planSlot: slot } = cycle;
  if (!slot) return;
  for (const planned of slot.batteries) {
    const battery = cycle.batteries.find((candidate) => candidate.settings.id === planned.id);
    if (!battery) continue;
    const { settings } = battery;
    const chargeW = Math.min(settings.maxChargeW, planned.chargeLimitW);
    const dischargeW = Math.min(settings.maxDischargeW, planned.dischargeLimitW);
    const reason: Reason = { rule: 'plan', code: 'plan-mode', params: { mode: planned.mode } };
    chooseMode(cycle, battery, { mode: planned.mode, chargeW, dischargeW }, reason);
  }
  for (const load of cycle.loads) {
    if (load.settings.use === 'surplus' && slot.loadsOn.includes(load.settings.id)) {
      choose(cycle, load, true, PLAN_RUN);
    }
  }
}

const PLAN_RUN: Reason = { rule: 'plan', code: 'plan-load', params: {} };

function slotAt(slots: readonly PlanSlot[], wallMs: number): PlanSlot | null {
  for (const slot of slots) {
    if (wallMs >= slot.startMs && wallMs < slot.endMs) return slot;
  }
  return null;
}

function hasLeft(cycle: Cycle, slot: PlanSlot): boolean {
  for (const planned of slot.batteries) {
    const soc = cycle.batteries.find((candidate) => candidate.settings.id === planned.id)?.reading.socPct;
    if (soc?.quality !== 'good') continue;
    if (soc.value < planned.socMinPct || soc.value > planned.socMaxPct) return true;
  }
  const meanW = meanOf(cycle.state.plan.houseLoadW, cycle.nowMs, cycle.settings.plan.loadMeanMs);
  return meanW !== null && Math.abs(meanW - slot.houseLoadW) > slot.houseLoadBandW;
}

/** House load without managed loads; null while a reading it needs is missing. */
function houseW(cycle: Cycle): number | null {
  const { gridNowW, pvPowerW, batteryPowerW } = cycle;
  if (gridNowW === null || pvPowerW === null || batteryPowerW === null) return null;
  let managedW = 0;
  for (const { powerW } of cycle.snapshot.loads) {
    if (powerW.quality === 'good') managedW += powerW.value;
    // What nobody measures belongs to the house; a meter fallen silent leaves the house load unknown.
    else if (powerW.quality !== 'absent') return null;
  }
  return gridNowW + pvPowerW + batteryPowerW - managedW;
}
