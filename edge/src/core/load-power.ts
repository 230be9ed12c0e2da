/** What a managed load draws, on which phase, and whether it is in the middle of something. */
import type { ManagedLoad } from './managed.ts';
import type { PhaseIndex } from './settings.ts';

/** Power now: measured, else nominal when its relay is not known to be open, watts. */
export function drawnW(load: ManagedLoad): number {
  const { powerW, reportedOn } = load.reading;
  if (powerW.quality === 'good') return Math.max(0, powerW.value);
  return reportedOn === false ? 0 : load.settings.nominalPowerW;
}

/** The part of `powerW` of a load that lies on `phase`; all of it for phase 0. */
export function onPhaseW(load: ManagedLoad, phase: PhaseIndex, powerW: number, phases: 1 | 3): number {
  const own = load.settings.phase;
  if (phase === 0 || own === phase) return powerW;
  return own === 0 ? powerW / phases : 0;
}

/** A washing program that has begun: to be ended only by outage, fuse or the grid operator. */
export function programStarted(load: ManagedLoad): boolean {
  return load.settings.kind === 'program' && load.state.on && load.state.activeAtMs !== 0;
}
