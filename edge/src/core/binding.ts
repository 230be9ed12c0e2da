/**
 * How a rule takes freedom: the first that binds wins.
 *
 * Of a load's two states a rule may take one away; when the other is already gone the attempt fails: what an
 * earlier rule took, no later rule gives back. Rules that choose (orders, plan, loads) choose once, the first of
 * them counts, within what is left. A battery's caps only shrink, and the first mode chosen stands.
 *
 * A `firm` binding is shown as the reason even when the load would not have wanted otherwise (a shed load stays
 * "shed"); a loose one (minimum off-time) only where it made the difference.
 *
 * Every function says whether the attempt took something.
 */
import type { BatteryMode } from '@wattward/broker/wire/site';
import type { Cycle } from './cycle.ts';
import type { Reason } from './decision.ts';
import type { ManagedBattery, ManagedLoad, TraceEntry } from './managed.ts';

export type Firmness = 'firm' | 'loose';

/** Takes "on" away from a load. */
export function forbidOn(cycle: Cycle, load: ManagedLoad, reason: Reason, firmness: Firmness): boolean {
  const took = load.canOn && load.canOff;
  if (took) {
    load.canOn = false;
    load.bound = reason;
    load.firm = firmness === 'firm';
  }
  if (cycle.trace) note(cycle, load, 'forbid-on', took, reason);
  return took;
}

/** Takes "off" away from a load. */
export function forbidOff(cycle: Cycle, load: ManagedLoad, reason: Reason): boolean {
  const took = load.canOn && load.canOff;
  if (took) {
    load.canOff = false;
    load.bound = reason;
  }
  if (cycle.trace) note(cycle, load, 'forbid-off', took, reason);
  return took;
}

/** Chooses for a load; only the first choice counts. */
export function choose(cycle: Cycle, load: ManagedLoad, on: boolean, reason: Reason): boolean {
  const took = load.choice === null;
  if (took) {
    load.choice = on;
    load.choiceReason = reason;
  }
  if (cycle.trace) note(cycle, load, on ? 'choose-on' : 'choose-off', took, reason);
  return took;
}

/** Caps the current of a charger, amperes. */
export function capCurrent(cycle: Cycle, load: ManagedLoad, capA: number, reason: Reason): boolean {
  const took = capA < load.currentCapA;
  if (took) load.currentCapA = capA;
  if (cycle.trace) note(cycle, load, 'cap-current', took, reason);
  return took;
}

/** Caps what a battery may take in, from any source. */
export function capCharge(cycle: Cycle, battery: ManagedBattery, capW: number, reason: Reason): boolean {
  const took = capW < battery.chargeCapW;
  if (took) {
    battery.chargeCapW = capW;
    battery.chargeReason = reason;
  }
  if (cycle.trace) note(cycle, battery, 'cap-charge', took, reason);
  return took;
}

/** Caps what a battery may give. */
export function capDischarge(cycle: Cycle, battery: ManagedBattery, capW: number, reason: Reason): boolean {
  const took = capW < battery.dischargeCapW;
  if (took) {
    battery.dischargeCapW = capW;
    battery.dischargeReason = reason;
  }
  if (cycle.trace) note(cycle, battery, 'cap-discharge', took, reason);
  return took;
}

/** Caps what a battery may take from the grid when a rule has it charged from there. */
export function capGridCharge(cycle: Cycle, battery: ManagedBattery, capW: number, reason: Reason): boolean {
  const took = capW < battery.gridChargeCapW;
  if (took) {
    battery.gridChargeCapW = capW;
    battery.gridChargeReason = reason;
  }
  if (cycle.trace) note(cycle, battery, 'cap-grid-charge', took, reason);
  return took;
}

export interface ModeChoice {
  readonly mode: BatteryMode;
  readonly chargeW: number;
  readonly dischargeW: number;
}

/** Chooses mode and limits of a battery; only the first choice counts. */
export function chooseMode(
  cycle: Cycle,
  battery: ManagedBattery,
  choice: ModeChoice,
  reason: Reason,
): boolean {
  const took = battery.mode === null;
  if (took) {
    battery.mode = choice.mode;
    battery.modeChargeW = choice.chargeW;
    battery.modeDischargeW = choice.dischargeW;
    battery.modeReason = reason;
  }
  if (cycle.trace) note(cycle, battery, 'choose-mode', took, reason);
  return took;
}

/** Lets a battery supply the home as far as it can. */
export function chooseSelfConsume(cycle: Cycle, battery: ManagedBattery, reason: Reason): boolean {
  const { maxChargeW: chargeW, maxDischargeW: dischargeW } = battery.settings;
  return chooseMode(cycle, battery, { mode: 'self-consume', chargeW, dischargeW }, reason);
}

function note(
  cycle: Cycle,
  actuator: ManagedLoad | ManagedBattery,
  effect: TraceEntry['effect'],
  took: boolean,
  reason: Reason,
): void {
  const kind = 'capacityWh' in actuator.settings ? 'battery' : 'load';
  cycle.trace?.push({ rule: reason.rule, actuator: `${kind}:${actuator.settings.id}`, effect, took, reason });
}
