/**
 * What differs between bought boards: topics and words. A dialect is pure: facts out of messages, messages out of
 * orders. The driver around it (`bought-board.ts`) is the same for all.
 */

export interface Publication {
  readonly path: string;
  readonly text: string;
}

/** Something a board said, in words of our own. */
export type Fact =
  /** Its last will or its greeting: a hint, never a proof. */
  | { readonly type: 'presence'; readonly online: boolean }
  | { readonly type: 'alive'; readonly uptimeMs: number | null }
  | { readonly type: 'relay'; readonly channel: number; readonly on: boolean }
  | { readonly type: 'power'; readonly channel: number; readonly powerW: number }
  /** An ON ends by itself after so long; 0 when never. */
  | { readonly type: 'lease'; readonly channel: number; readonly leaseS: number }
  | { readonly type: 'identity'; readonly mac: string; readonly model: string; readonly firmware: string };

export interface Order {
  readonly channel: number;
  readonly on: boolean;
  readonly leaseS: number;
  /** Numbers calls, for dialects that answer each. */
  readonly call: number;
}

export interface Dialect {
  /** Whether the board must confirm its lease before it gets an ON; else the lease is part of each command. */
  readonly confirmsLease: boolean;
  /** Filters under which the board speaks. */
  hears(boardId: string): readonly string[];
  /** Filters under which boards of the kind say that they are there, whatever their id. */
  readonly announces: readonly string[];
  /** The id of the board that a topic belongs to; undefined where it names none. */
  idIn(path: string): string | undefined;
  /** Filters under which it is spoken to: whatever is retained there is a ghost. */
  commands(boardId: string): readonly string[];
  /** Questions whose answers say who it is and what its relays do. */
  greet(boardId: string, channels: readonly number[]): readonly Publication[];
  /** Asked every 15 s of a board that does not tell its state by itself. */
  ask(boardId: string): readonly Publication[];
  setLease(boardId: string, channel: number, leaseS: number): readonly Publication[];
  command(boardId: string, order: Order): Publication;
  identify(boardId: string, seconds: number): readonly Publication[];
  read(boardId: string, path: string, text: string): readonly Fact[];
}

/** JSON of a device, or null: a garbled message is no reason to stop. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Twelve lower-case hex digits from any way to write a MAC; empty when it is none. */
export function plainMac(value: unknown): string {
  const digits = typeof value === 'string' ? value.toLowerCase().replaceAll(/[^0-9a-f]/g, '') : '';
  return digits.length === 12 ? digits : '';
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The level of a topic that begins so: boards are given ids like `shelly-<mac>`. */
export function levelWith(prefix: string, path: string): string | undefined {
  return path.split('/').find((level) => level.startsWith(prefix));
}
