/**
 * A refrigerator or freezer: one cold compartment with a compressor and a thermostat, in a room that leaks heat in.
 *
 * The compressor moves `cop` times its own power out of the compartment; both end as heat in the room. People open the
 * door by day. Energy of the compartment is counted from the room's temperature, so a cold one stores less than nothing.
 */
import { chance } from './chance.ts';
import type { LoadMoment, LoadStep } from './load.ts';

export interface Fridge {
  readonly powerW: number;
  readonly cop: number;
  /** Thermostat: off at the set-point, on again so much above it. */
  readonly setpointC: number;
  readonly hysteresisC: number;
  readonly roomC: number;
  readonly lossWPerK: number;
  /** Heat capacity of food and walls. */
  readonly capacityWhPerK: number;
  readonly openingsPerDay: number;
}

export interface FridgeState {
  readonly temperatureC: number;
  readonly heating: boolean;
}

/** What warm air and warm food bring with one opening of the door, for each degree that the room is warmer. */
const OPENING_J_PER_K = 750;
const WAKING_FROM_MIN = 390;
const WAKING_TO_MIN = 1380;

/** `heating` is "the compressor runs": the state that all thermostats share. */
export function stepFridge(fridge: Fridge, state: FridgeState, moment: LoadMoment): LoadStep<FridgeState> {
  const runs = thermostat(fridge, state);
  const drawnJ = runs && moment.energised ? fridge.powerW * moment.dtS : 0;
  const leakedJ =
    fridge.lossWPerK * (fridge.roomC - state.temperatureC) * moment.dtS + openedJ(fridge, state, moment);
  const storedJ = leakedJ - fridge.cop * drawnJ;
  return {
    state: { temperatureC: state.temperatureC + storedJ / fridgeCapacityJPerK(fridge), heating: runs },
    drawnJ,
    storedJ,
    heatJ: drawnJ - storedJ,
    usedJ: 0,
  };
}

export function fridgeCapacityJPerK(fridge: Pick<Fridge, 'capacityWhPerK'>): number {
  return fridge.capacityWhPerK * 3600;
}

function thermostat(fridge: Fridge, state: FridgeState): boolean {
  if (state.temperatureC <= fridge.setpointC) return false;
  if (state.temperatureC >= fridge.setpointC + fridge.hysteresisC) return true;
  return state.heating;
}

/** Openings fall into minutes that the seed picks among the waking hours; long steps take their mean. */
function openedJ(fridge: Fridge, state: FridgeState, { minuteOfDay, nowMs, dtS, seed }: LoadMoment): number {
  if (minuteOfDay < WAKING_FROM_MIN || minuteOfDay >= WAKING_TO_MIN) return 0;
  const perMinute = fridge.openingsPerDay / (WAKING_TO_MIN - WAKING_FROM_MIN);
  const openingJ = OPENING_J_PER_K * (fridge.roomC - state.temperatureC);
  if (dtS > 60) return openingJ * perMinute * (dtS / 60);
  return chance(seed, Math.floor(nowMs / 60_000), 9) < perMinute ? (openingJ * dtS) / 60 : 0;
}
