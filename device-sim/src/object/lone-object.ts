/**
 * One object of a home on its own: a load, an array or a battery with its state. For each step it says what it would
 * do, and takes the step when it hears what became of it. It computes with the very physics of a home in one process.
 */

import type { InverterState, LoadOffer } from '../home/home-state.ts';
import { firstLoadState, type LoadState, stepperOf } from '../home/load-object.ts';
import { LocalClock } from '../home/local-time.ts';
import {
  type Home,
  type HomeObject,
  isLoad,
  LOAD_KINDS,
  type LoadObject,
  type ObjectOf,
} from '../home/schema.ts';
import { skyOf } from '../home/sky.ts';
import {
  type BatteryLimits,
  type BatteryState,
  type BatteryStep,
  batteryLimits,
  newBattery,
  stepBattery,
} from '../physics/battery.ts';
import { seedOf } from '../physics/chance.ts';
import { weatherAt } from '../physics/weather.ts';

export interface OfferQuestion {
  readonly nowMs: number;
  readonly dtS: number;
  /** Its relay, enable contact or plug is closed. */
  readonly closed: boolean;
}

export interface Outcome {
  readonly supplied: boolean;
  /** DC power of the battery, + discharging; 0 for others. */
  readonly batteryW: number;
}

export type Offer =
  | LoadOffer
  | { readonly availableW: number }
  | (BatteryLimits & { readonly state: BatteryState });

export interface LoneObject {
  readonly id: string;
  readonly kind: HomeObject['kind'];
  offer(question: OfferQuestion): Offer;
  /** Takes the step of the last offer; a battery tells what it did. */
  settle(outcome: Outcome): BatteryStep | null;
}

export const LONE_KINDS = [...LOAD_KINDS, 'pv', 'battery'] as const satisfies readonly HomeObject['kind'][];

/** Objects of a home that may be processes of their own; the rest settles and measures. */
export function loneObjects(home: Home): HomeObject[] {
  return home.objects.filter(({ kind }) => (LONE_KINDS as readonly string[]).includes(kind));
}

/** @throws RangeError when the object settles or measures and cannot stand alone */
export function loneObject(home: Home, object: HomeObject): LoneObject {
  if (isLoad(object)) return loneLoad(home, object);
  if (object.kind === 'pv') return loneArray(home, object);
  if (object.kind === 'battery') return loneBattery(object);
  throw new RangeError(`a ${object.kind} cannot be a process of its own`);
}

function loneLoad(home: Home, load: LoadObject): LoneObject {
  const stepper = stepperOf(load);
  const clock = new LocalClock(home.zone);
  const [seed, weatherSeed] = [seedOf(home.seed, load.id), seedOf(home.seed, 'weather')];
  let state: LoadState = firstLoadState(load);
  let offered: LoadOffer | null = null;
  return {
    id: load.id,
    kind: load.kind,
    offer({ nowMs, dtS, closed }) {
      const local = clock.at(nowMs);
      const { temperatureC: outdoorC } = weatherAt(home.climate, weatherSeed, {
        nowMs,
        minuteOfDay: local.minuteOfDay,
        latitudeDeg: home.place.latitudeDeg,
      });
      const moment = { nowMs, dtS, ...local, outdoorC, seed, measuredW: null };
      offered = {
        lit: stepper(state, { ...moment, energised: closed }),
        dark: stepper(state, { ...moment, energised: false }),
      };
      return offered;
    },
    settle({ supplied }) {
      state = (supplied ? offered?.lit : offered?.dark)?.state ?? state;
      offered = null;
      return null;
    },
  };
}

function loneArray(home: Home, array: ObjectOf<'pv'>): LoneObject {
  const inverter = home.objects.find((o): o is ObjectOf<'inverter'> => o.id === array.inverter);
  if (!inverter) throw new RangeError(`${array.id} hangs on no inverter`);
  const plans = [{ inverter, arrays: [array], battery: null }];
  const clock = new LocalClock(home.zone);
  const seed = seedOf(home.seed, 'weather');
  let light: InverterState = {
    battery: null,
    seenLoadW: 0,
    pvAvailableW: [0],
    pvSampledAtMs: Number.NEGATIVE_INFINITY,
    ...{ producedJ: 0, pvJ: [0], chargedJ: 0, dischargedJ: 0 },
  };
  return {
    id: array.id,
    kind: 'pv',
    offer({ nowMs, dtS }) {
      const totals = { sunJ: 0, gridInJ: 0, gridOutJ: 0, heatJ: 0, usedJ: 0 };
      const state = { nowMs, gridOn: true, loads: [], inverters: [light], totals };
      const input = { dtS, gridOn: true, local: clock.at(nowMs), closed: [], windows: [], measured: null };
      const { available, fresh } = skyOf(home, plans, { state, input, seed });
      const pvAvailableW = available[0] ?? [0];
      light = { ...light, pvAvailableW, pvSampledAtMs: fresh ? light.pvSampledAtMs : nowMs };
      return { availableW: pvAvailableW[0] ?? 0 };
    },
    settle: () => null,
  };
}

function loneBattery(battery: ObjectOf<'battery'>): LoneObject {
  let state: BatteryState = newBattery(battery, battery.initialSocPct);
  let dtS = 0;
  return {
    id: battery.id,
    kind: 'battery',
    offer(question) {
      dtS = question.dtS;
      return { ...batteryLimits(battery, state, dtS), state };
    },
    settle({ batteryW }) {
      if (dtS === 0) return null;
      const step = stepBattery(battery, state, batteryW, dtS);
      state = step.state;
      dtS = 0;
      return step;
    },
  };
}
