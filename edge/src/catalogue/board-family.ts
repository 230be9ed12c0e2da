/** A relay board by the firmware on it. */
import type { Dialect } from './dialect.ts';
import type { Family, LeaseRange } from './family.ts';

export interface BoardFamily extends Family {
  /** How a bought board is spoken to; null for our own firmware, which speaks the messages of the wire. */
  readonly dialect: Dialect | null;
  /** How long it may keep a relay away from its safe state without hearing from the box. */
  readonly lease: LeaseRange;
  /** Whether the safe state of a relay may be on. */
  readonly mayFallOn: boolean;
  /** Highest lasting current on a relay's own contact, amperes; null: as the maker of the relay says. */
  readonly contactA: number | null;
}
