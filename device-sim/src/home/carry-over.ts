/**
 * The state of a home whose objects changed while it runs: what is still there goes on as it was, what is new begins
 * fresh, what is gone takes its stored energy with it: also the part of a battery that was made smaller.
 */
import { type Battery, type BatteryState, capacityJ } from '../physics/battery.ts';
import type { HomeModel } from './home-model.ts';
import type { HomeState } from './home-state.ts';
import type { LoadState } from './load-object.ts';
import type { LoadObject } from './schema.ts';
import { NO_ORDER, type StorageOrderState } from './storage-order.ts';

export interface Carried {
  readonly state: HomeState;
  readonly orders: readonly StorageOrderState[];
}

/** `before` as `next` sees it: loads, inverters, batteries and arrays by their ids. */
export function carryOver(previous: HomeModel, next: HomeModel, before: Carried): Carried {
  const fresh = next.first(before.state.nowMs);
  const indexOf = <T extends { readonly id: string }>(list: readonly T[], id: string) =>
    list.findIndex((object) => object.id === id);
  const loads = next.loads.map((load, i) => {
    const was = indexOf(previous.loads, load.id);
    const sameKind = previous.loads[was]?.kind === load.kind;
    const own = sameKind ? before.state.loads[was] : undefined;
    return own ? loadWithin(load, own) : at(fresh.loads, i);
  });
  const plans = previous.plans.map(({ inverter }) => inverter);
  const inverters = next.plans.map((plan, n) => {
    const was = indexOf(plans, plan.inverter.id);
    const own = before.state.inverters[was];
    const start = at(fresh.inverters, n);
    if (!own) return start;
    const oldPlan = previous.plans[was];
    const { battery } = plan;
    const kept = battery && oldPlan?.battery?.id === battery.id ? own.battery : null;
    const array = (id: string) => (oldPlan ? indexOf(oldPlan.arrays, id) : -1);
    return {
      ...own,
      battery: battery && kept ? batteryWithin(battery, kept) : start.battery,
      pvAvailableW: plan.arrays.map(({ id }) => own.pvAvailableW[array(id)] ?? 0),
      pvSampledAtMs: Number.NEGATIVE_INFINITY,
      pvJ: plan.arrays.map(({ id }) => own.pvJ[array(id)] ?? 0),
    };
  });
  const orders = next.plans.map((plan) => before.orders[indexOf(plans, plan.inverter.id)] ?? NO_ORDER);
  return { state: { ...before.state, loads, inverters }, orders };
}

function batteryWithin(battery: Battery, own: BatteryState): BatteryState {
  return { ...own, storedJ: Math.min(own.storedJ, capacityJ(battery, own)) };
}

function loadWithin(load: LoadObject, own: LoadState): LoadState {
  if (load.kind !== 'ev') return own;
  return { ...own, storedJ: Math.min(own.storedJ, load.batteryWh * 3600) };
}

function at<T>(list: readonly T[], i: number): T {
  const found = list[i];
  if (found === undefined) throw new RangeError(`no element ${i}`);
  return found;
}
