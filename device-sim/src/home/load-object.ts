/** A load of the home file joined with its physics: its first state, its step, what its state shows. */
import { stepEv } from '../physics/ev.ts';
import { fridgeCapacityJPerK, stepFridge } from '../physics/fridge.ts';
import { HOUSE_ZERO_C, houseCapacityJPerK, stepHeatPump } from '../physics/heat-pump.ts';
import { householdPowerW } from '../physics/household.ts';
import { burnt, type LoadMoment, type LoadStep } from '../physics/load.ts';
import { stepProgram } from '../physics/program.ts';
import { PROGRAM_PRESETS } from '../physics/program-presets.ts';
import { isWithin } from '../physics/schedule.ts';
import { stepWaterHeater } from '../physics/water-heater.ts';
import { minuteOf } from './local-time.ts';
import type { LoadObject } from './schema.ts';

/** One shape for all kinds, so that a home's state is plain JSON; each kind uses its own part. */
export interface LoadState {
  readonly on: boolean;
  readonly temperatureC: number;
  readonly heating: boolean;
  readonly loaded: boolean;
  readonly doneS: number;
  readonly lastLoadedDay: number;
  readonly runs: number;
  readonly storedJ: number;
  readonly plugged: boolean;
}

const REST: LoadState = {
  on: false,
  temperatureC: 0,
  heating: false,
  loaded: false,
  doneS: 0,
  lastLoadedDay: -1,
  runs: 0,
  storedJ: 0,
  plugged: false,
};

export interface LoadInput extends LoadMoment {
  /** Measured power that replaces the generated household. */
  readonly measuredW: number | null;
}

export function firstLoadState(load: LoadObject): LoadState {
  switch (load.kind) {
    case 'appliance':
      return { ...REST, on: load.on };
    case 'water-heater':
    case 'fridge':
    case 'heat-pump':
      return { ...REST, temperatureC: load.initialTemperatureC };
    case 'ev':
      return { ...REST, plugged: true, storedJ: (load.batteryWh * 3600 * load.initialSocPct) / 100 };
    default:
      return { ...REST, on: true };
  }
}

/** Energy held by the load, from an arbitrary but fixed zero. */
export function loadStoredJ(load: LoadObject, state: LoadState): number {
  switch (load.kind) {
    case 'water-heater':
      return load.volumeL * 4186 * (state.temperatureC - load.coldC);
    case 'fridge':
      return fridgeCapacityJPerK(load) * (state.temperatureC - load.roomC);
    case 'heat-pump':
      return houseCapacityJPerK(load) * (state.temperatureC - HOUSE_ZERO_C);
    case 'ev':
      return state.storedJ;
    default:
      return 0;
  }
}

/** Its physics, prepared once: times of day parsed, the switch statement behind us. */
export type LoadStepper = (state: LoadState, input: LoadInput) => LoadStep<LoadState>;

export function stepperOf(load: LoadObject): LoadStepper {
  switch (load.kind) {
    case 'household':
      return (state, input) => {
        const powerW = input.measuredW ?? householdPowerW(load, input.seed, input);
        return burnt(state, input.energised ? powerW * input.dtS : 0);
      };
    case 'appliance':
      return (state, input) => burnt(state, input.energised && state.on ? load.powerW * input.dtS : 0);
    case 'heater':
      return (state, input) => burnt(state, input.energised ? load.powerW * input.dtS : 0);
    case 'water-heater':
      return (state, input) => into(state, stepWaterHeater(load, state, input));
    case 'fridge':
      return (state, input) => into(state, stepFridge(load, state, input));
    case 'heat-pump':
      return (state, input) => into(state, stepHeatPump(load, state, input));
    case 'pool-pump': {
      const hours = { fromMinute: minuteOf(load.from), toMinute: minuteOf(load.to) };
      const byTimer = load.relay === undefined;
      return (state, { energised, minuteOfDay, weekday, dtS }) =>
        burnt(
          state,
          energised && (!byTimer || isWithin(hours, minuteOfDay, weekday)) ? load.powerW * dtS : 0,
        );
    }
    case 'program': {
      const machine = {
        ...load,
        phases: load.phases ?? PROGRAM_PRESETS[load.machine],
        loadedFromMinute: minuteOf(load.loadedFrom),
        loadedToMinute: minuteOf(load.loadedTo),
      };
      return (state, input) => into(state, stepProgram(machine, state, input));
    }
    case 'ev': {
      const car = {
        ...load,
        arrivalMinute: minuteOf(load.arrival),
        departureMinute: minuteOf(load.departure),
      };
      return (state, input) => into(state, stepEv(car, state, input));
    }
  }
}

function into(state: LoadState, step: LoadStep<Partial<LoadState>>): LoadStep<LoadState> {
  return { ...step, state: { ...state, ...step.state } };
}

/** What a person can see of the load's inner state, with units. */
export function loadStatus(load: LoadObject, state: LoadState): Record<string, number | boolean> {
  switch (load.kind) {
    case 'appliance':
      return { on: state.on };
    case 'water-heater':
    case 'fridge':
    case 'heat-pump':
      return { temperatureC: state.temperatureC, heating: state.heating };
    case 'program':
      return { loaded: state.loaded, doneS: state.doneS, runs: state.runs };
    case 'ev':
      return { plugged: state.plugged, socPct: (100 * state.storedJ) / (load.batteryWh * 3600) };
    default:
      return {};
  }
}
