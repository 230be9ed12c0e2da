/**
 * Interlock groups: two loads of one group are never on together, whoever closed their relays.
 *
 * A partner that cannot be seen may be on: somebody may have pressed its button, or it kept its lease over our restart.
 * Not knowing therefore locks as much as knowing that it is on; so does a welded contact, which draws although it is off.
 */
import type { Cycle } from './cycle.ts';
import type { Reason } from './decision.ts';
import type { ManagedLoad } from './managed.ts';

/** Why this load may not be switched on beside the others of its group; null when it may. */
export function interlockOf(cycle: Cycle, load: ManagedLoad): Reason | null {
  for (const other of interlockPartners(cycle, load)) {
    const reason = lockedBy(other);
    if (reason !== null) return reason;
  }
  return null;
}

/** Why this partner locks its group; null when it is known to be off. */
export function lockedBy(other: ManagedLoad): Reason | null {
  const { reading, settings, state } = other;
  const params = { other: settings.name };
  if (state.on || reading.reportedOn === true || reading.contact === 'welded') {
    return { rule: 'relay-care', code: 'interlock', params };
  }
  const known = reading.online && reading.reportedOn === false;
  return known ? null : { rule: 'relay-care', code: 'interlock-unknown', params };
}

/** The other loads of its group. */
export function interlockPartners(cycle: Cycle, load: ManagedLoad): readonly ManagedLoad[] {
  const { interlock } = load.settings;
  if (interlock === 0) return NONE;
  return cycle.byPriority.filter((other) => other !== load && other.settings.interlock === interlock);
}

const NONE: readonly ManagedLoad[] = [];
