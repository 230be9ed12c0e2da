/**
 * What may hang on a relay's own contact. The numbers are those of the boards' design (its table of ratings; a test of
 * the simulator holds both against each other); the box may not import the board. Compressors, chargers and three-phase
 * loads go through a contactor, or the charger's own enabling contact, however small they are.
 */
import type { Protocol } from '../drive/open-board.ts';
import type { Assignment } from './judge.ts';

/** Highest lasting current on the contact, amperes; null: as the maker of the relay says. */
export const CONTACT_LIMIT_A: Readonly<Record<Protocol, number | null>> = {
  wattward: 10,
  tasmota: 5,
  esphome: 5,
  shelly: null,
};

const NOMINAL_V = 230;

/** Why this load must not hang on the contact itself; null when it may. */
export function contactorReason(protocol: Protocol, load: Assignment): string | null {
  if (load.phase === 'all') return 'three phases need a contactor';
  if (load.kind === 'compressor') return 'a compressor needs a contactor';
  if (load.kind === 'ev') return 'a charger needs a contactor, or the relay switches its enabling contact';
  const limitA = CONTACT_LIMIT_A[protocol];
  const currentA = load.nominalPowerW / NOMINAL_V;
  if (limitA === null || currentA <= limitA) return null;
  return `${currentA.toFixed(1)} A are more than the ${limitA} A of this board's contact`;
}
