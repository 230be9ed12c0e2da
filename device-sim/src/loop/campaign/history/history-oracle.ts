/**
 * What must hold of the history, from the outside: it remembers every point that was measured and safe, looks at what
 * reaches the server and at the rows on the disk, and reads both with its own eyes.
 *
 * I16 nothing safe is lost uncounted, and nothing is called delivered that the server has not. I17 what was accepted
 * survives a power cut, whole. I18 what arrives is what was measured, to the digit. I19 the outbox keeps its bound.
 * I20 a counter in the history never falls. I21 a refused line holds nothing up and takes nothing with it. I22 no time
 * outside the box's life. I23 live data is not late when nothing hinders it.
 */
import type { Ledger, Queue } from '@wattward/edge/outbox/batch-store';
import type { DecisionRecord, Point } from '@wattward/edge/record/store';
import type { Check } from '../known.ts';
import type { VirtualDisk } from './virtual-disk.ts';
import { POISON, type StoredPoint, type VirtualInflux } from './virtual-influx.ts';

const LIVE_LATE_MS = 190_000;
/** Longest wait that a server may have asked for, or that follows a refusal, and the wait after a long outage. */
const CALM_MS = 1_020_000;
const SECOND_MS = 1_000;
/** Widest bucket of thinned points. */
const BUCKET_MS = 900_000;

/** A value that is a mean when there was no room for each: the unit at the end of its name says so. */
const GAUGE = /(?:W|A|V|Hz|Pct|PerKwh)$/;

/** A point as it was measured. */
export interface Measured {
  readonly point: Point;
  readonly queue: Queue;
  /** The true instant of it. */
  readonly atMs: number;
}

type Fields = Point['fields'];

interface Known {
  readonly fields: Fields;
  readonly series: string;
  readonly atMs: number;
  readonly queue: Queue;
  safe: boolean;
}

export interface HistoryMoment {
  readonly nowMs: number;
  readonly ledger: Ledger;
  readonly pendingPoints: number;
  /** Neither server, nor disk, nor the box or its clock is hindered. */
  readonly calm: boolean;
}

export class HistoryOracle {
  readonly #check: Check;
  readonly #disk: VirtualDisk;
  readonly #server: VirtualInflux;
  readonly #maxBytes: number;
  readonly #startMs: number;
  /** By series and true time. */
  readonly #known = new Map<string, Known>();
  /** Points of which the outbox has said that they are on the disk. */
  #safePoints = 0;
  /** Also those of which nobody knows whether they were safe when the power went. */
  #poison = 0;
  /** Measured, and not yet known to be safe. */
  #open: Known[] = [];
  #nowMs: number;
  #calmSinceMs: number | null = null;
  #firstCheckMs = 0;

  constructor(
    check: Check,
    parts: { disk: VirtualDisk; server: VirtualInflux; maxBytes: number; startMs: number },
  ) {
    this.#check = check;
    this.#disk = parts.disk;
    this.#server = parts.server;
    this.#maxBytes = parts.maxBytes;
    this.#startMs = parts.startMs;
    this.#nowMs = parts.startMs;
    this.#server.onPoint = (point) => this.#arrives(point);
  }

  /** A cycle begins. */
  at(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  measured({ point, queue, atMs }: Measured): void {
    const series = seriesOf(point);
    if (point.measurement === POISON) this.#poison += 1;
    const known = { fields: point.fields, series, atMs, queue, safe: false };
    this.#known.set(keyOf(series, atMs), known);
    this.#open.push(known);
  }

  /** Changes of outcome are events of the history, of the time of their cycle. */
  decided(site: string, decisions: readonly DecisionRecord[]): void {
    for (const { actuator, outcome, reason, homeMode } of decisions) {
      const point = {
        measurement: 'decision',
        tags: { site, actuator },
        fields: { outcome, code: reason.code, homeMode },
      };
      this.measured({ point, queue: 'event', atMs: this.#nowMs });
    }
  }

  /** A row of that queue is on the disk: everything that was measured for it until now. */
  safe(queue: Queue): void {
    for (const known of this.#open) {
      if (known.queue !== queue) continue;
      known.safe = true;
      this.#safePoints += 1;
    }
    this.#open = this.#open.filter(({ safe }) => !safe);
  }

  /** The box is about to begin with what its disk has kept. */
  restarted(): void {
    // While it was away nothing could be in time; what was open then is lost.
    this.#calmSinceMs = null;
    this.#open = [];
    const ledger = this.#disk.ledger();
    const accepted = ledger?.accepted ?? 0;
    const nowMs = this.#nowMs;
    const kept = accepted >= this.#safePoints;
    this.#check('I17', nowMs, kept, () => `${this.#safePoints} points were safe, the disk knows ${accepted}`);
    if (!ledger) return;
    const { delivered, thinned, dropped, quarantined } = ledger;
    const waiting = accepted - delivered - thinned - dropped - quarantined;
    const { points } = this.#waiting(ledger);
    this.#check('I17', nowMs, points === waiting, () => `${points} of ${waiting} points are on the disk`);
  }

  look({ nowMs, ledger, pendingPoints, calm }: HistoryMoment): void {
    const stored = this.#server.points.size;
    this.#check(
      'I16',
      nowMs,
      ledger.delivered <= stored,
      () => `${ledger.delivered} points called delivered, ${stored} are there`,
    );
    if (!calm) this.#calmSinceMs = null;
    else this.#calmSinceMs ??= nowMs;
    const calmMs = this.#calmSinceMs === null ? 0 : nowMs - this.#calmSinceMs;
    if (calmMs >= CALM_MS) {
      const lateMs = nowMs - this.#server.newestMs;
      this.#check('I23', nowMs, lateMs <= LIVE_LATE_MS, () => `the newest point is ${lateMs} ms old`);
    }
    if (nowMs - this.#firstCheckMs < 1_800_000) return;
    this.#firstCheckMs = nowMs;
    this.#audit(ledger, pendingPoints);
  }

  /** Room was made just now, around what is on its way. */
  afterRoom(ledger: Ledger, nowMs: number, heldBytes: number): void {
    const bytes = ledger.pendingBytes;
    const rows = this.#waiting(ledger).bytes;
    this.#check(
      'I19',
      nowMs,
      rows <= this.#maxBytes + heldBytes,
      () => `${rows} (booked ${bytes}, ${heldBytes} on their way) of ${this.#maxBytes} bytes`,
    );
  }

  /** All faults are over, long ago: what was safe is there or was counted. */
  settled(ledger: Ledger, pendingPoints: number): void {
    this.#audit(ledger, pendingPoints);
    let missing = 0;
    let example = '';
    for (const [key, { safe, series, atMs }] of this.#known) {
      if (!safe || series.startsWith(POISON) || this.#server.points.has(key)) continue;
      if (this.#nowMs - atMs < 180_000) continue;
      missing += 1;
      example ||= key;
    }
    // A line that failed again and again while others got through may be put aside, and is counted there.
    const suspect = this.#disk.quarantine.filter(({ status }) => status !== 400 && status !== 422).length;
    const counted = ledger.dropped + ledger.thinned + suspect;
    this.#check(
      'I16',
      this.#nowMs,
      missing <= counted,
      () => `${missing} points missing (${example}), ${counted} counted`,
    );
    this.#check(
      'I16',
      this.#nowMs,
      ledger.quarantined <= this.#poison + suspect,
      () => `${ledger.quarantined} in quarantine, ${this.#poison} were bad`,
    );
    this.#lookAtCounter();
    const fresh = ledger.accepted === 0 || pendingPoints <= 200;
    this.#check('I31', this.#nowMs, fresh, () => `${pendingPoints} points still wait`);
  }

  #lookAtCounter(): void {
    const points = [...this.#server.points.values()].filter(({ series }) => series.startsWith('site,'));
    points.sort((a, b) => a.timeMs - b.timeMs);
    let beforeWh = 0;
    for (const { timeMs, fields } of points) {
      const atWh = Number(fields.gridImportWh);
      const rises = atWh >= beforeWh;
      this.#check('I20', timeMs, rises, () => `the counter fell from ${beforeWh} to ${atWh} Wh`);
      beforeWh = atWh;
    }
  }

  #audit(ledger: Ledger, pendingPoints: number): void {
    const { points } = this.#waiting(ledger);
    this.#check(
      'I16',
      this.#nowMs,
      points === pendingPoints,
      () => `${points} points wait on the disk, the books say ${pendingPoints}`,
    );
    for (const { line, status } of this.#disk.quarantine) {
      const bad = line.startsWith(POISON) || (status !== 400 && status !== 422);
      this.#check('I21', this.#nowMs, bad, () => `a good line in quarantine: ${line}`);
    }
  }

  #waiting(ledger: Ledger): { readonly points: number; readonly bytes: number } {
    let points = 0;
    let bytes = 0;
    for (const queue of ['event', 'data'] as const) {
      const { upTo, ranges } = ledger.acked[queue];
      for (const row of this.#disk.rows(queue)) {
        if (row.seq <= upTo || ranges.some(([first, last]) => row.seq >= first && row.seq <= last)) continue;
        points += row.points;
        bytes += row.bytes;
      }
    }
    return { points, bytes };
  }

  #arrives({ series, timeMs, fields }: StoredPoint): void {
    const nowMs = this.#nowMs;
    const inLife = timeMs >= this.#startMs && timeMs <= nowMs + 5 * SECOND_MS;
    this.#check(
      'I22',
      nowMs,
      inLife,
      () => `a point of ${new Date(timeMs).toISOString()} in ${series} ${JSON.stringify(fields)}`,
    );
    const known = this.#known.get(keyOf(series, timeMs));
    this.#check('I18', nowMs, known !== undefined, () => `${series} at ${timeMs} was never measured`);
    if (!known) return;
    for (const [name, value] of Object.entries(known.fields)) {
      if (value === null || value === undefined) continue;
      const there = fields[name] ?? '';
      const same =
        there === written(value) || (GAUGE.test(name) && this.#isMean(series, name, timeMs, there));
      this.#check('I18', nowMs, same, () => `${series} ${name} ${there}, measured ${value}`);
    }
  }

  /** A thinned gauge lies between the least and the most of its bucket. */
  #isMean(series: string, name: string, timeMs: number, text: string): boolean {
    const value = Number(text);
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let atMs = timeMs; atMs > timeMs - BUCKET_MS; atMs -= SECOND_MS) {
      const one = this.#known.get(keyOf(series, atMs))?.fields[name];
      if (typeof one !== 'number') continue;
      least = Math.min(least, one);
      most = Math.max(most, one);
    }
    return value >= least - 0.001 && value <= most + 0.001;
  }
}

/** A value as the line protocol wants it written. */
function written(value: NonNullable<Fields[string]>): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  return typeof value === 'bigint' ? `${value}i` : String(value);
}

/** Tags in order of their names, with blanks and commas behind a backslash. */
function seriesOf({ measurement, tags }: Point): string {
  const names = Object.keys(tags).sort();
  return [measurement, ...names.map((name) => `${name}=${tags[name]?.replace(/[, ]/g, '\\$&')}`)].join(',');
}

function keyOf(series: string, atMs: number): string {
  return `${series} ${atMs}`;
}
