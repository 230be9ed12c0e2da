/**
 * A machine with a program (washing machine, dishwasher): somebody loads it and presses start; as soon as it has
 * voltage the program runs through its phases. Without voltage it stands still and goes on later where it was.
 */
import { chance } from './chance.ts';
import { burnt, type LoadMoment, type LoadStep } from './load.ts';

export interface ProgramPhase {
  readonly minutes: number;
  readonly powerW: number;
}

export interface ProgramMachine {
  readonly phases: readonly ProgramPhase[];
  readonly standbyW: number;
  /** Chance that somebody loads it on a day, 0..1, and when. */
  readonly loadsPerDay: number;
  readonly loadedFromMinute: number;
  readonly loadedToMinute: number;
}

export interface ProgramState {
  /** Loaded and started, waiting for its turn or running. */
  readonly loaded: boolean;
  /** Seconds of the program that are done; 0 before it began. */
  readonly doneS: number;
  /** The last day on which somebody came by with laundry. */
  readonly lastLoadedDay: number;
  readonly runs: number;
}

export function stepProgram(
  machine: ProgramMachine,
  before: ProgramState,
  moment: LoadMoment,
): LoadStep<ProgramState> {
  const state = loadedByPeople(machine, before, moment);
  if (!moment.energised) return burnt(state, 0);
  if (!state.loaded) return burnt(state, machine.standbyW * moment.dtS);
  const toS = state.doneS + moment.dtS;
  const drawnJ = energyOfJ(machine.phases, state.doneS, toS);
  if (toS < programS(machine)) return burnt({ ...state, doneS: toS }, drawnJ);
  return burnt({ ...state, loaded: false, doneS: 0, runs: state.runs + 1 }, drawnJ);
}

export function programS(machine: ProgramMachine): number {
  return machine.phases.reduce((sum, phase) => sum + phase.minutes * 60, 0);
}

/** At most once a day, at a minute of its own. */
function loadedByPeople(machine: ProgramMachine, state: ProgramState, moment: LoadMoment): ProgramState {
  if (state.loaded || state.lastLoadedDay === moment.dayNumber) return state;
  if (chance(moment.seed, moment.dayNumber, 1) >= machine.loadsPerDay) return state;
  const span = machine.loadedToMinute - machine.loadedFromMinute;
  const minute = machine.loadedFromMinute + span * chance(moment.seed, moment.dayNumber, 2);
  if (moment.minuteOfDay < minute) return state;
  // Whoever looks in after the hour has passed finds nothing to load.
  const late = moment.minuteOfDay > machine.loadedToMinute + 1;
  return { ...state, loaded: !late, lastLoadedDay: moment.dayNumber };
}

function energyOfJ(phases: readonly ProgramPhase[], fromS: number, toS: number): number {
  let startS = 0;
  let sumJ = 0;
  for (const phase of phases) {
    const endS = startS + phase.minutes * 60;
    sumJ += phase.powerW * Math.max(0, Math.min(toS, endS) - Math.max(fromS, startS));
    startS = endS;
  }
  return sumJ;
}
