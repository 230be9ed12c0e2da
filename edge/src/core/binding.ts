/**
 * How a rule takes freedom: the first that binds wins.
 *
 * Of a load's two states a rule may take one away; when the other is already gone the attempt fails: what an
 * earlier rule took, no later rule gives back. Rules that choose (orders, plan, loads) choose once, the first of
 * them counts, within what is left. A battery's caps only shrink, and the first mode chosen stands.
 *
 * A `firm` binding is shown as the reason even when the load would not have wanted otherwise (a shed load stays
 * "shed"); a loose one (minimum off-time) only where it made the difference.
 */
import type { BatteryMode } from '@wattward/broker/wire/site';
import type { Cycle } from './cycle.ts';
import type { Reason } from './decision.ts';
import type { TraceEntry } from './freedom.ts';

export type Firmness = 'firm' | 'loose';

/** Takes "on" away from load `i`. False when an earlier rule had already decided it. */
export function forbidOn(cycle: Cycle, i: number, reason: Reason, firmness: Firmness): boolean {
  const load = cycle.loads[i];
  const took = load?.canOn === true && load.canOff;
  if (load && took) {
    load.canOn = false;
    load.bound = reason;
    load.firm = firmness === 'firm';
  }
  if (cycle.trace) trace(cycle, 'load', i, 'forbid-on', took, reason);
  return took;
}

/** Takes "off" away from load `i`. False when an earlier rule had already decided it. */
export function forbidOff(cycle: Cycle, i: number, reason: Reason): boolean {
  const load = cycle.loads[i];
  const took = load?.canOn === true && load.canOff;
  if (load && took) {
    load.canOff = false;
    load.bound = reason;
  }
  if (cycle.trace) trace(cycle, 'load', i, 'forbid-off', took, reason);
  return took;
}

/** Chooses for load `i`; only the first choice counts. */
export function choose(cycle: Cycle, i: number, on: boolean, reason: Reason): boolean {
  const load = cycle.loads[i];
  const took = load?.choice === null;
  if (load && took) {
    load.choice = on;
    load.choiceReason = reason;
  }
  if (cycle.trace) trace(cycle, 'load', i, on ? 'choose-on' : 'choose-off', took, reason);
  return took;
}

/** Caps the current of a charger, amperes. */
export function capCurrent(cycle: Cycle, i: number, capA: number, reason: Reason): boolean {
  const load = cycle.loads[i];
  const took = load !== undefined && capA < load.currentCapA;
  if (load && took) {
    load.currentCapA = capA;
    load.currentReason = reason;
  }
  if (cycle.trace) trace(cycle, 'load', i, 'cap-current', took, reason);
  return took;
}

/** Caps what battery `i` may take in, from any source. */
export function capCharge(cycle: Cycle, i: number, capW: number, reason: Reason): boolean {
  const battery = cycle.batteries[i];
  const took = battery !== undefined && capW < battery.chargeCapW;
  if (battery && took) {
    battery.chargeCapW = capW;
    battery.chargeReason = reason;
  }
  if (cycle.trace) trace(cycle, 'battery', i, 'cap-charge', took, reason);
  return took;
}

/** Caps what battery `i` may give. */
export function capDischarge(cycle: Cycle, i: number, capW: number, reason: Reason): boolean {
  const battery = cycle.batteries[i];
  const took = battery !== undefined && capW < battery.dischargeCapW;
  if (battery && took) {
    battery.dischargeCapW = capW;
    battery.dischargeReason = reason;
  }
  if (cycle.trace) trace(cycle, 'battery', i, 'cap-discharge', took, reason);
  return took;
}

/** Caps what battery `i` may take from the grid when a rule has it charged from there. */
export function capGridCharge(cycle: Cycle, i: number, capW: number, reason: Reason): boolean {
  const battery = cycle.batteries[i];
  const took = battery !== undefined && capW < battery.gridChargeCapW;
  if (battery && took) {
    battery.gridChargeCapW = capW;
    battery.gridChargeReason = reason;
  }
  if (cycle.trace) trace(cycle, 'battery', i, 'cap-grid-charge', took, reason);
  return took;
}

/** Chooses mode and limits of battery `i`; only the first choice counts. */
export function chooseMode(
  cycle: Cycle,
  i: number,
  choice: { readonly mode: BatteryMode; readonly chargeW: number; readonly dischargeW: number },
  reason: Reason,
): boolean {
  const battery = cycle.batteries[i];
  const took = battery?.mode === null;
  if (battery && took) {
    battery.mode = choice.mode;
    battery.modeChargeW = choice.chargeW;
    battery.modeDischargeW = choice.dischargeW;
    battery.modeReason = reason;
  }
  if (cycle.trace) trace(cycle, 'battery', i, 'choose-mode', took, reason);
  return took;
}

function trace(
  cycle: Cycle,
  kind: 'load' | 'battery',
  i: number,
  effect: TraceEntry['effect'],
  took: boolean,
  reason: Reason,
): void {
  const list = kind === 'load' ? cycle.settings.loads : cycle.settings.batteries;
  const actuator = `${kind}:${list[i]?.id ?? i}`;
  cycle.trace?.push({ rule: reason.rule, actuator, effect, took, reason });
}
