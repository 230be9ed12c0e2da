/**
 * The open block: what was recorded and is not yet on the disk. Bounded, because a disk that takes nothing must not
 * take the memory: the oldest points give way and are counted, snapshots go first.
 */

import type { LedgerSlot } from '../core/decision.ts';
import type { NewRow } from '../outbox/outbox.ts';
import { encodeLine, type Point } from '../outbox/point.ts';
import type { DecisionRecord, EventRecord, MinuteSummary, Stamp } from './store.ts';

export const MAX_LINES = 30_000;
const MAX_SNAPSHOTS = 600;
const MAX_MINUTES = 1440;
const MAX_SLOTS = 96;
const MAX_URGENT = 5000;

export interface TakenMinute extends Stamp {
  readonly summary: MinuteSummary;
}

export interface TakenSnapshot extends Stamp {
  readonly json: string;
}

interface TimedLines {
  lines: string[];
  firstMs: number;
  lastMs: number;
}

const emptyLines = (): TimedLines => ({
  lines: [],
  firstMs: Number.POSITIVE_INFINITY,
  lastMs: Number.NEGATIVE_INFINITY,
});

export type Urgent =
  | { readonly kind: 'decisions'; readonly decisions: readonly DecisionRecord[]; readonly at: Stamp }
  | { readonly kind: 'event'; readonly event: EventRecord; readonly at: Stamp };

export class OpenBlock {
  #timed = emptyLines();
  #untimed = emptyLines();
  /** Points that gave way since the last commit. */
  lost = 0;
  snapshots: TakenSnapshot[] = [];
  minutes: TakenMinute[] = [];
  slots: LedgerSlot[] = [];
  urgent: Urgent[] = [];
  /** Monotonic time of the first record in it; null while it is empty. */
  sinceMonoMs: number | null = null;

  get points(): number {
    return this.#timed.lines.length + this.#untimed.lines.length;
  }

  addPoints(points: readonly Point[], at: Stamp): void {
    this.sinceMonoMs ??= at.monoMs;
    const group = at.wallMs === null ? this.#untimed : this.#timed;
    const timeMs = Math.round(at.wallMs ?? at.monoMs);
    for (const point of points) {
      const line = encodeLine(point, timeMs);
      if (line !== undefined) group.lines.push(line);
    }
    group.firstMs = Math.min(group.firstMs, timeMs);
    group.lastMs = Math.max(group.lastMs, timeMs);
    const excess = this.points - MAX_LINES;
    if (excess > 0) {
      this.lost += group.lines.splice(0, excess).length;
    }
  }

  addSnapshot(json: string, at: Stamp): void {
    this.sinceMonoMs ??= at.monoMs;
    this.snapshots.push({ ...at, json });
    if (this.snapshots.length > MAX_SNAPSHOTS) this.snapshots.shift();
  }

  addMinute(summary: MinuteSummary, at: Stamp): void {
    this.sinceMonoMs ??= at.monoMs;
    this.minutes.push({ ...at, summary });
    if (this.minutes.length > MAX_MINUTES) this.minutes.shift();
  }

  addSlot(slot: LedgerSlot, at: Stamp): void {
    this.sinceMonoMs ??= at.monoMs;
    this.slots.push(slot);
    if (this.slots.length > MAX_SLOTS) this.slots.shift();
  }

  addUrgent(urgent: Urgent): void {
    this.urgent.push(urgent);
    if (this.urgent.length > MAX_URGENT) this.urgent.shift();
  }

  rows(boot: string): NewRow[] {
    const rows: NewRow[] = [];
    if (this.#untimed.lines.length > 0) rows.push({ queue: 'data', ...this.#untimed, boot });
    if (this.#timed.lines.length > 0) rows.push({ queue: 'data', ...this.#timed, boot: null });
    return rows;
  }

  /** The urgent part was committed, and all of it when `whole`. */
  committed(whole: boolean): void {
    this.urgent = [];
    this.lost = 0;
    if (!whole) return;
    this.#timed = emptyLines();
    this.#untimed = emptyLines();
    this.snapshots = [];
    this.minutes = [];
    this.slots = [];
    this.sinceMonoMs = null;
  }
}
