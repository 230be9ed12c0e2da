/**
 * What the box needs of any relay board, whoever made it: orders in, reports out, presence, identity. One driver a
 * board; the rest of the box does not know which firmware answers.
 */
import type { CommandSettings } from '../core/command-settings.ts';
import type { Desired, DriveTiming, RelayChannel } from './relay-channel.ts';

export type Presence = 'unknown' | 'present' | 'suspect' | 'offline';

export interface BoardEvent {
  readonly code:
    | 'relay-unresponsive'
    | 'relay-recovered'
    /** It has switched as often as a contact of its kind lives. */
    | 'relay-worn'
    | 'board-offline'
    | 'board-back'
    | 'board-restarted'
    /** Something stands retained on a command topic: the board would act on it at every reconnect. */
    | 'board-retained-command'
    /** Another piece of hardware answers under this board's id. */
    | 'board-identity-lost'
    /** The board does not confirm that an ON ends by itself; it gets none. */
    | 'board-lease-unset';
  readonly severity: 'info' | 'warning' | 'alarm';
  readonly params: Readonly<Record<string, string | number>>;
}

/** Who answers under an id; empty where the board does not say. */
export interface BoardIdentity {
  readonly mac: string;
  readonly model: string;
  readonly firmware: string;
}

export interface BoardDriver {
  readonly id: string;
  /** What a channel is to do; sent at once when it can be, renewed and repeated by `tick`. */
  order(channel: number, desired: Desired): void;
  /** Once per cycle: renewals, repeated tries, presence. */
  tick(): void;
  presence(): Presence;
  /** The channel with what is wanted and what is reported kept apart; undefined when there is none such. */
  channel(channel: number): RelayChannel | undefined;
  /** Who answered last; null before it said. */
  identity(): BoardIdentity | null;
  /** The board's own measurement of a channel, in watts; null when it has none. */
  measuredW(channel: number): number | null;
  /** Blinks the board's LED, never a relay; false when the board cannot or was not reached. */
  identify(seconds: number): Promise<boolean>;
  /** Takes no more orders and says nothing more. */
  close(): void;
}

/** Waits are never shorter than three cycles of a home in fast time. */
export function driveTiming(commands: CommandSettings, cycleMs: number, random: () => number): DriveTiming {
  return {
    echoMs: Math.max(commands.echoMs, 3 * cycleMs),
    echoTries: commands.echoTries,
    renewMs: commands.renewMs,
    random,
  };
}
