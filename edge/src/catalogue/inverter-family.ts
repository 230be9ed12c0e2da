/**
 * An inverter with or without a battery: how its signals are read and how an order to its battery is written, both as
 * conversations. Whether and when to write is not its business (`drive/inverter-drive.ts`).
 */
import type { Conversation, SignalValues } from '../registers/conversation.ts';
import type { Family, LeaseRange } from './family.ts';
import type { StorageOrder } from './storage-order.ts';

export interface InverterFamily extends Family {
  /** How long the device keeps an order. */
  readonly lease: LeaseRange;
  /** Begins to talk to one device. @param name what failures call it */
  open(name: string): InverterTalk;
}

export interface WriteTerms {
  readonly leaseS: number;
  /** What the device itself keeps when nobody commands it; null: left alone. */
  readonly reservePct: number | null;
}

/** One device of a family, with what must be remembered of it. `C`: what is written to it. */
export interface InverterTalk<C = unknown> {
  /** One complete reading: its own points beside `pvPowerW`, `batteryPowerW`, `socPct`, `gridLostCode`. @throws DeviceFailure */
  read(): Conversation<SignalValues>;
  /** What to write for an order; null while the device has not been read, and where it has no battery. */
  commandFor(order: StorageOrder): C | null;
  /** Whether a command differs enough from the one in force to be written at once. */
  differs(command: C, written: C): boolean;
  /** What makes it fall back by itself goes first, what puts the order into force last. @throws DeviceFailure */
  write(command: C, terms: WriteTerms): Conversation<void>;
}
