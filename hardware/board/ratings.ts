/**
 * What a relay may be asked to do, and what the software holds it to. One table for the board's drawings, its
 * manual and whoever checks a load before it is wired.
 *
 * The contact of our own board is made for 16 A and used up to 10 A; as a change-over contact its maker allows 5 A,
 * which we hold its closed side to. The bought board carries a relay that is rated
 * 7 A at 240 VAC when used as a change-over contact, on tracks and terminals nobody vouches for: 5 A and no more.
 * Inductive loads (motors, pumps, compressors, transformers) and loads with a high inrush go through a contactor.
 */
import type { BoardKind } from './pin-map.ts';

export interface Ratings {
  /** Highest lasting current of a purely resistive load on the contact itself. */
  readonly maxResistiveA: number;
  /** The same on the normally closed contact, whose spring presses less than the coil pulls. */
  readonly maxNormallyClosedA: number;
  /** Highest current of an inductive load (cos phi >= 0.4) or of a contactor's coil on the contact itself. */
  readonly maxInductiveA: number;
  /** Protective device in front of each contact, at most. */
  readonly maxBreakerA: number;
  /** Operations that the contact is counted to live at its rating; ON and OFF are one each. */
  readonly lifeSwitches: number;
  /** Shares of the life at which the software warns, and asks for a new relay. */
  readonly lifeWarnShare: number;
  readonly lifeAlarmShare: number;
  /** Mains and low voltage are apart by reinforced insulation. */
  readonly reinforced: boolean;
}

export const RATINGS: Readonly<Record<BoardKind, Ratings>> = {
  own: {
    maxResistiveA: 10,
    maxNormallyClosedA: 5,
    maxInductiveA: 2,
    maxBreakerA: 10,
    lifeSwitches: 100_000,
    lifeWarnShare: 0.5,
    lifeAlarmShare: 0.8,
    reinforced: true,
  },
  bought: {
    maxResistiveA: 5,
    maxNormallyClosedA: 5,
    maxInductiveA: 1,
    maxBreakerA: 6,
    lifeSwitches: 100_000,
    lifeWarnShare: 0.5,
    lifeAlarmShare: 0.8,
    reinforced: false,
  },
};

export type LoadClass = 'resistive' | 'inductive' | 'inrush' | 'compressor';

/** Least times and most operations; the board's own defaults are those of a resistive load. */
export interface SwitchLimits {
  readonly minOnS: number;
  readonly minOffS: number;
  readonly maxSwitchesPerHour: number;
  readonly maxSwitchesPerDay: number;
}

export const SWITCH_LIMITS: Readonly<Record<LoadClass, SwitchLimits>> = {
  resistive: { minOnS: 60, minOffS: 60, maxSwitchesPerHour: 20, maxSwitchesPerDay: 60 },
  inductive: { minOnS: 300, minOffS: 300, maxSwitchesPerHour: 20, maxSwitchesPerDay: 60 },
  inrush: { minOnS: 300, minOffS: 300, maxSwitchesPerHour: 20, maxSwitchesPerDay: 60 },
  compressor: { minOnS: 600, minOffS: 600, maxSwitchesPerHour: 6, maxSwitchesPerDay: 60 },
};

/** Years until the contact's counted life is over at `switchesPerDay`. */
export function lifeYears(board: BoardKind, switchesPerDay: number): number {
  return RATINGS[board].lifeSwitches / switchesPerDay / 365.25;
}

export interface Load {
  readonly class: LoadClass;
  /** Highest lasting current of one phase. */
  readonly currentA: number;
  readonly phases: 1 | 3;
  /** Normally open unless said otherwise. */
  readonly contact?: 'no' | 'nc';
}

/** How a load must be wired: on the relay's contact, or on a contactor whose coil the relay switches. */
export function wiringOf(board: BoardKind, load: Load): 'direct' | 'contactor' {
  const { maxResistiveA, maxNormallyClosedA, maxInductiveA } = RATINGS[board];
  if (load.phases === 3 || load.class === 'compressor' || load.class === 'inrush') return 'contactor';
  const resistiveA = load.contact === 'nc' ? maxNormallyClosedA : maxResistiveA;
  return load.currentA <= (load.class === 'resistive' ? resistiveA : maxInductiveA) ? 'direct' : 'contactor';
}
