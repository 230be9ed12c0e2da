/** What the firmware of a bought board has of its hardware, and what the hardware asks of it. */
import type { Relays } from './relays.ts';

export interface Hardware {
  /** Its identity on the broker and the topic it is set up with. */
  readonly id: string;
  /** 12 lower-case hex digits. */
  readonly mac: string;
  readonly relays: Relays;
  /** What a switch sees flowing behind its relay, in watts; null for boards that do not measure. */
  readonly powerW: ((channel: number) => number) | null;
  /** Monotonic milliseconds since power-on. */
  uptimeMs(): number;
  publish(topic: string, payload: string, retain: boolean): void;
}

export interface Firmware {
  /** What the broker says when the board is gone. */
  readonly will: { readonly topic: string; readonly payload: string };
  readonly subscriptions: readonly string[];
  /** Connected and subscribed. */
  connected(): void;
  hear(topic: string, payload: string): void;
  /** A relay moved, for whatever reason. */
  moved(channel: number): void;
  /** The button at the board. */
  button(channel: number): void;
  /** Every 15 s. */
  heartbeat(): void;
}

export interface FirmwareFaults {
  /** The timers that end an ON do not run (a lease that was never set up, or a build without it). */
  noLease: boolean;
  /** Hears commands and does nothing. */
  deaf: boolean;
}

export type FirmwareOf = (hardware: Hardware, faults: FirmwareFaults) => Firmware;

export function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
