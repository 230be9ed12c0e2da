/**
 * What a board remembers, what can happen to it, and what it does in answer. Everything is plain data, so that a
 * state can be stored, compared and replayed. Times are milliseconds of the board's own uptime, which never wraps.
 */
import type {
  AckMessage,
  ButtonMessage,
  Cause,
  ChannelConfig,
  CommandMessage,
  ConfigMessage,
  HelloMessage,
  StateMessage,
} from './messages.ts';

export const MAX_CHANNELS = 4;
/** A step never asks for more, so the firmware can hold them in a fixed array. */
export const MAX_EFFECTS = 8;
/** Outputs are left alone this long after a boot, so that a brown-out loop cannot chatter them. */
export const BOOT_HOLD_MS = 10_000;
/** What a person switches by the button holds this long. */
export const BUTTON_LEASE_MS = 3_600_000;
/** No lease is longer, whatever a configuration says. */
export const LONGEST_LEASE_S = 120;
/** Switching times kept per channel; budgets above it count as this many. */
export const RECENT_SWITCHES = 64;
/** The switch counters go to flash at most this often. */
export const STORE_PERIOD_MS = 3_600_000;

/** What the board is, burnt in or derived from its MAC. */
export interface Identity {
  readonly board: string;
  readonly model: string;
  readonly firmware: string;
  readonly mac: string;
  readonly claim: string;
  /** GPIO number of each channel's relay; as many channels as pins, 1 to 4. */
  readonly pins: readonly number[];
}

export interface ChannelState {
  readonly channel: number;
  readonly on: boolean;
  readonly cause: Cause;
  /** When the contact last moved; the boot counts as a move, for nobody knows what was before. */
  readonly changedAtMs: number;
  /** Set while the channel is away from its safe state (or on its way back to it). */
  readonly lease: { readonly endsAtMs: number; readonly by: 'command' | 'button' } | null;
  /** Why the channel must still go back to its safe state once a minimum off-time or an interlock allows. */
  readonly returning: Cause | null;
  readonly switches: number;
  /** Times of the last switching operations within a day, oldest first. */
  readonly recentMs: readonly number[];
}

export interface BoardState {
  readonly identity: Identity;
  /** Empty before the first boot. */
  readonly boot: string;
  readonly uptimeMs: number;
  /** The platform's counter at the last step; wraps at 2^32. */
  readonly counterMs: number;
  readonly seq: number;
  readonly config: ConfigMessage;
  readonly channels: readonly ChannelState[];
  readonly linkUp: boolean;
  readonly led: LedPattern;
  readonly identifyUntilMs: number;
  readonly lastStateAtMs: number;
  readonly lastStoreAtMs: number;
  readonly switchesUnstored: boolean;
  readonly rssi: number;
  readonly heap: number;
}

export type LedPattern = 'off' | 'starting' | 'no-link' | 'linked' | 'identify';

export type BoardEvent =
  | {
      readonly type: 'boot';
      readonly cause: 'power-on' | 'brown-out' | 'watchdog' | 'software';
      /** 1 to 8 hex digits drawn by the platform. */
      readonly boot: string;
      readonly storedConfig: ConfigMessage | null;
      readonly storedSwitches: readonly number[] | null;
    }
  | { readonly type: 'tick'; readonly rssi: number; readonly heap: number }
  | { readonly type: 'command'; readonly message: CommandMessage }
  | { readonly type: 'config'; readonly message: ConfigMessage }
  | { readonly type: 'button'; readonly channel: number }
  | { readonly type: 'link'; readonly up: boolean }
  | { readonly type: 'identify'; readonly seconds: number };

export type Effect =
  /** `level` 1 energises the relay's coil; a stage that is active low inverts it in the pin map. */
  | { readonly type: 'pin'; readonly channel: number; readonly level: 0 | 1 }
  | { readonly type: 'led'; readonly pattern: LedPattern }
  | { readonly type: 'publish'; readonly topic: 'hello'; readonly message: HelloMessage }
  | { readonly type: 'publish'; readonly topic: 'availability'; readonly message: 'online' }
  | { readonly type: 'publish'; readonly topic: 'state'; readonly message: StateMessage }
  | { readonly type: 'publish'; readonly topic: 'ack'; readonly message: AckMessage }
  | { readonly type: 'publish'; readonly topic: 'button'; readonly message: ButtonMessage }
  | { readonly type: 'store'; readonly key: 'config'; readonly value: ConfigMessage }
  | { readonly type: 'store'; readonly key: 'switches'; readonly value: readonly number[] };

export interface Step {
  readonly state: BoardState;
  /** At most 8. */
  readonly effects: readonly Effect[];
}

/** A board that has not booted yet: it answers nothing but a boot. */
export function unpowered(identity: Identity): BoardState {
  return {
    identity,
    boot: '',
    uptimeMs: 0,
    counterMs: 0,
    seq: 0,
    config: defaultConfig(identity),
    channels: [],
    linkUp: false,
    led: 'off',
    identifyUntilMs: 0,
    lastStateAtMs: 0,
    lastStoreAtMs: 0,
    switchesUnstored: false,
    rssi: 0,
    heap: 0,
  };
}

export function channelCount(identity: Identity): number {
  return Math.min(identity.pins.length, MAX_CHANNELS);
}

/** What holds until the box has sent its configuration: everything off when in doubt, and gentle to contacts. */
export function defaultConfig(identity: Identity): ConfigMessage {
  const channels: ChannelConfig[] = [];
  for (let channel = 1; channel <= channelCount(identity); channel += 1)
    channels.push(defaultChannel(channel));
  return { v: 1, board: identity.board, channels, telemetryS: 15 };
}

export function defaultChannel(channel: number): ChannelConfig {
  return {
    channel,
    safeState: 'off',
    contact: 'no',
    minOnS: 60,
    minOffS: 60,
    interlock: 0,
    maxLeaseS: LONGEST_LEASE_S,
    maxSwitchesPerHour: 20,
    maxSwitchesPerDay: 60,
  };
}
