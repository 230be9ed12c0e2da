/**
 * What must hold of leases, watched at the contacts. It knows the promises, not the code: real time, what the box
 * really sent, what was really delivered, which buttons were pressed, what level each coil has.
 *
 * - `lease`: away from the safe state at most until the lease's end + 1 s (a return to ON may wait for the minimum
 *   off-time or for an interlocked partner).
 * - `departure`: a contact leaves its safe state at a fresh command for it, or at its button, and at no other moment.
 * - `hostile`: a command that is late, repeated, older than its successor, of another boot or another board changes
 *   no contact and no lease.
 * - `silence`: whatever was acknowledged, a channel for which the box sent nothing is safe 5 s + lease + 1 s later.
 * - `boot-hold`, `min-off`, `interlock`, `effects`.
 */
import type { BoardConfig } from '@wattward/broker/wire/board';
import type { BoardEvent } from '@wattward/hardware/relay-board/state';
import type { BenchBoard } from './bench-board.ts';
import { BOARD } from './bench-board.ts';
import type { Parcel, SentOrder } from './virtual-broker.ts';
import type { VirtualTime } from './virtual-time.ts';

export const GRACE_MS = 1_000;
const VALID_MS = 5_000;
const BOOT_HOLD_MS = 10_000;
const BUTTON_MS = 3_600_000;
const MOST_EFFECTS = 8;
/** A millisecond is cut off here and there, and the board's clock drifts. */
const ROUNDING_MS = 120;

export interface Breach {
  readonly rule: string;
  readonly atMs: number;
  readonly what: string;
}

type ChannelConfig = BoardConfig['channels'][number];

interface Book {
  config: ChannelConfig;
  energised: boolean;
  leaseEndMs: number;
  offSinceMs: number;
  partnerOnMs: number;
  sentMs: number;
  pressedMs: number;
}

export class LeaseOracle {
  readonly breaches: Breach[] = [];
  readonly counts: Record<string, number> = {};
  readonly #time: VirtualTime;
  readonly #board: BenchBoard;
  #books: Book[] = [];
  #boot = '';
  #highestSeq = 0;
  #config: readonly ChannelConfig[];

  /** @param stored what the board has in flash at first */
  constructor(time: VirtualTime, board: BenchBoard, stored: readonly ChannelConfig[]) {
    this.#time = time;
    this.#board = board;
    this.#config = stored;
  }

  sent({ channel }: SentOrder): void {
    this.#count('commands sent');
    const book = this.#books[channel - 1];
    if (book) book.sentMs = this.#time.nowMs;
  }

  booted(): void {
    this.#count('boots');
    this.#boot = this.#board.state.boot;
    this.#highestSeq = 0;
    const now = this.#time.nowMs;
    this.#books = this.#config.map((config) => ({
      config,
      energised: this.#energised(config),
      leaseEndMs: now,
      offSinceMs: now,
      partnerOnMs: Number.NEGATIVE_INFINITY,
      sentMs: this.#books[config.channel - 1]?.sentMs ?? Number.NEGATIVE_INFINITY,
      pressedMs: Number.NEGATIVE_INFINITY,
    }));
    for (const { config, energised } of this.#books) {
      if (energised && config.safeState === 'off')
        this.#breach('departure', `relay ${config.channel} is on after a boot`);
    }
  }

  stepped(event: BoardEvent, parcel: Parcel | null, answer: string | null): void {
    if (event.type === 'command') this.#delivered(parcel, answer);
    else if (event.type === 'button') this.#pressed(event.channel);
    else if (event.type === 'config') this.#configured(event.message);
    else this.#moves(null);
    this.#watch();
  }

  #delivered(parcel: Parcel | null, answer: string | null): void {
    const order = parcel?.order;
    if (!order) {
      this.#hostile('foreign', answer);
      return;
    }
    const kind = this.#hostility(order);
    order.deliveries += 1;
    if (kind) {
      this.#hostile(kind, answer);
      return;
    }
    this.#count('fresh commands');
    // One that its board holds for too old by its own clock leaves no trace; a later one may bear its number.
    if (answer !== 'expired') this.#highestSeq = order.seq;
    const book = this.#books[order.channel - 1];
    if (answer !== 'done' || !book) {
      this.#count(`refused: ${answer}`);
      this.#moves(null);
      return;
    }
    if (order.on === (book.config.safeState === 'on')) book.leaseEndMs = this.#time.nowMs;
    else book.leaseEndMs = this.#time.nowMs + order.leaseS * 1000;
    this.#moves(order.channel);
  }

  /** Why a command must not act; null when it may. */
  #hostility({ deliveries, boot, seq, sentAtMs }: SentOrder): string | null {
    if (boot !== this.#boot) return 'other boot';
    if (deliveries > 0) return 'repeated';
    if (this.#time.nowMs - sentAtMs > VALID_MS + ROUNDING_MS) return 'late';
    return seq <= this.#highestSeq ? 'overtaken' : null;
  }

  #hostile(kind: string, answer: string | null): void {
    this.#count(`hostile: ${kind}`);
    this.#count('hostile');
    if (answer === 'done') this.#breach('hostile', `a command (${kind}) was obeyed`);
    this.#moves(null);
  }

  #pressed(channel: number): void {
    this.#count('presses');
    const book = this.#books[channel - 1];
    if (book && this.#board.upForMs >= BOOT_HOLD_MS - ROUNDING_MS) {
      book.pressedMs = this.#time.nowMs;
      book.leaseEndMs = this.#time.nowMs + BUTTON_MS;
    }
    this.#moves(channel);
  }

  #configured(config: BoardConfig): void {
    if (config.board !== BOARD) return;
    this.#config = config.channels;
    const now = this.#time.nowMs;
    for (const book of this.#books) {
      const next = config.channels.find(({ channel }) => channel === book.config.channel);
      if (!next || JSON.stringify(next) === JSON.stringify(book.config)) continue;
      // Another safe state: what is away from it now goes back, what is there needs no lease.
      if (next.safeState !== book.config.safeState) book.leaseEndMs = now;
      book.config = next;
    }
    this.#moves('all');
  }

  /** Looks at every coil; only `cause` may have left its safe state in this step. */
  #moves(cause: number | 'all' | null): void {
    for (const book of this.#books) {
      const { config, energised: before } = book;
      book.energised = this.#energised(config);
      if (book.energised === before) continue;
      const away = book.energised !== (config.safeState === 'on');
      this.#count(away ? 'departures' : 'returns');
      if (away && cause !== config.channel && cause !== 'all') {
        this.#breach(
          'departure',
          `relay ${config.channel} went ${book.energised ? 'on' : 'off'} without a fresh command`,
        );
      }
      if (away && this.#board.upForMs < BOOT_HOLD_MS - ROUNDING_MS) {
        this.#breach('boot-hold', `relay ${config.channel} ${this.#board.upForMs} ms after the boot`);
      }
      if (!book.energised) book.offSinceMs = this.#time.nowMs;
      else if (this.#time.nowMs - book.offSinceMs < config.minOffS * 1000 - ROUNDING_MS) {
        this.#breach(
          'min-off',
          `relay ${config.channel} on again after ${this.#time.nowMs - book.offSinceMs} ms`,
        );
      }
    }
  }

  #watch(): void {
    const now = this.#time.nowMs;
    if (this.#board.mostEffects > MOST_EFFECTS)
      this.#breach('effects', `${this.#board.mostEffects} effects in a step`);
    for (const book of this.#books) {
      const { config } = book;
      const partner = this.#books.some(
        (other) =>
          other !== book &&
          other.energised &&
          config.interlock !== 0 &&
          other.config.interlock === config.interlock,
      );
      if (partner) book.partnerOnMs = now;
      if (partner && book.energised)
        this.#breach('interlock', `relay ${config.channel} and its partner are on`);
      if (book.energised === (config.safeState === 'on')) continue;
      this.#away(book, now);
    }
  }

  #away(
    { config, energised, leaseEndMs, offSinceMs, partnerOnMs, sentMs, pressedMs }: Book,
    now: number,
  ): void {
    const mayWait = energised ? 0 : Math.max(offSinceMs + config.minOffS * 1000, partnerOnMs);
    const latestMs = Math.max(leaseEndMs, mayWait) + GRACE_MS;
    if (now > latestMs)
      this.#breach('lease', `relay ${config.channel} is away ${now - latestMs} ms past its lease + 1 s`);
    const silentMs = Math.max(sentMs + VALID_MS + config.maxLeaseS * 1000, pressedMs + BUTTON_MS, mayWait);
    if (now > silentMs + GRACE_MS)
      this.#breach('silence', `relay ${config.channel} is away although nobody orders it`);
  }

  /** From the level of the coil and the contact that was wired. */
  #energised({ channel, contact }: ChannelConfig): boolean {
    return (this.#board.pins[channel] === 1) === (contact === 'no');
  }

  #breach(rule: string, what: string): void {
    if (this.breaches.length < 20) this.breaches.push({ rule, atMs: Math.round(this.#time.nowMs), what });
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}
