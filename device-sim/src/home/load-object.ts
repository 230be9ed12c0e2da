/** A load of the home file joined with its physics: its first state, its step, what its state shows. */
import { stepEv } from '../physics/ev.ts';
import { householdPowerW } from '../physics/household.ts';
import { burnt, type LoadMoment, type LoadStep } from '../physics/load.ts';
import { stepProgram } from '../physics/program.ts';
import { stepWaterHeater } from '../physics/water-heater.ts';
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
      return { ...REST, temperatureC: load.initialTemperatureC };
    case 'ev':
      return { ...REST, plugged: true, storedJ: (load.batteryWh * 3600 * load.initialSocPct) / 100 };
    default:
      return { ...REST, on: true };
  }
}

/** Energy held by the load, from an arbitrary but fixed zero. */
export function loadStoredJ(load: LoadObject, state: LoadState): number {
  if (load.kind === 'water-heater') return load.volumeL * 4186 * (state.temperatureC - load.coldC);
  return load.kind === 'ev' ? state.storedJ : 0;
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
    case 'program': {
      const machine = {
        ...load,
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

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** What a person can see of the load's inner state, with units. */
export function loadStatus(load: LoadObject, state: LoadState): Record<string, number | boolean> {
  switch (load.kind) {
    case 'appliance':
      return { on: state.on };
    case 'water-heater':
      return { temperatureC: state.temperatureC, heating: state.heating };
    case 'program':
      return { loaded: state.loaded, doneS: state.doneS, runs: state.runs };
    case 'ev':
      return { plugged: state.plugged, socPct: (100 * state.storedJ) / (load.batteryWh * 3600) };
    default:
      return {};
  }
}
