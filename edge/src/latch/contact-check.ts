/**
 * Whether a contact does what its relay reports, seen by the meter of its load. Pure.
 *
 * Welded: the load draws half of its nameplate or more although the relay has been off for 10 s (both are settings).
 * Stuck: on for 10 s and never that much. An appliance with a thermostat of its own also draws nothing at times, so one such ON is
 * not enough: the contact is called stuck at the second in a row. [design/reliability.md, echo / contact check]
 */
import type { CommandSettings } from '../core/command-settings.ts';

export interface ContactSight {
  readonly atMonoMs: number;
  /** What the board reports; null when it is not heard. */
  readonly reportedOn: boolean | null;
  /** Measured power of this load in watts; null without a good reading. */
  readonly powerW: number | null;
  readonly nominalPowerW: number;
}

export interface ContactMemory {
  readonly contact: 'sound' | 'welded' | 'stuck';
  readonly reportedOn: boolean | null;
  /** Since when relay and meter disagree; null while they do not. */
  readonly againstSinceMonoMs: number | null;
  /** It drew at some moment of the present ON. */
  readonly drew: boolean;
  /** The present ON is among `idleOns` already. */
  readonly counted: boolean;
  /** ONs in a row in which it never drew. */
  readonly idleOns: number;
}

const IDLE_ONS_FOR_STUCK = 2;

export const UNKNOWN_CONTACT: ContactMemory = {
  contact: 'sound',
  reportedOn: null,
  againstSinceMonoMs: null,
  drew: false,
  counted: false,
  idleOns: 0,
};

export function checkContact(
  before: ContactMemory,
  sight: ContactSight,
  { contactMs, contactFactor }: Pick<CommandSettings, 'contactMs' | 'contactFactor'>,
): ContactMemory {
  const { atMonoMs, reportedOn, powerW, nominalPowerW } = sight;
  if (reportedOn === null || powerW === null) {
    // Nothing is known now; what was counted stays.
    return { ...before, againstSinceMonoMs: null };
  }
  const draws = powerW >= contactFactor * nominalPowerW;
  const moved = reportedOn !== before.reportedOn;
  const drew = reportedOn && ((!moved && before.drew) || draws);
  const against = reportedOn ? !drew : draws;
  const sinceMonoMs = against ? ((moved ? null : before.againstSinceMonoMs) ?? atMonoMs) : null;
  const lasts = sinceMonoMs !== null && atMonoMs - sinceMonoMs >= contactMs;
  const idle = reportedOn && lasts;
  const known = !moved && before.counted;
  const idleOns = drew ? 0 : before.idleOns + (idle && !known ? 1 : 0);
  return {
    contact: contactOf({ reportedOn, lasts, idleOns }),
    reportedOn,
    againstSinceMonoMs: sinceMonoMs,
    drew,
    counted: known || idle,
    idleOns,
  };
}

function contactOf(seen: { reportedOn: boolean; lasts: boolean; idleOns: number }): ContactMemory['contact'] {
  if (!seen.reportedOn) return seen.lasts ? 'welded' : 'sound';
  return seen.lasts && seen.idleOns >= IDLE_ONS_FOR_STUCK ? 'stuck' : 'sound';
}
