/**
 * What may hang on a relay's own contact. The currents stand in the catalogue (a test of
 * the simulator holds them against the boards' table of ratings). Compressors, chargers and three-phase
 * loads go through a contactor, or the charger's own enabling contact, however small they are.
 */
import { boardFamily, type Protocol } from '../catalogue/boards.ts';
import type { Assignment } from './judge.ts';

const NOMINAL_V = 230;

/** Why this load must not hang on the contact itself; null when it may. */
export function contactorReason(protocol: Protocol, load: Assignment): string | null {
  if (load.phase === 'all') return 'three phases need a contactor';
  if (load.kind === 'compressor') return 'a compressor needs a contactor';
  if (load.kind === 'ev') return 'a charger needs a contactor, or the relay switches its enabling contact';
  const limitA = boardFamily(protocol).contactA;
  const currentA = load.nominalPowerW / NOMINAL_V;
  if (limitA === null || currentA <= limitA) return null;
  return `${currentA.toFixed(1)} A are more than the ${limitA} A of this board's contact`;
}
