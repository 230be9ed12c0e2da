/**
 * The box's way to its history in virtual time: points gather in a block, a block is committed to the real outbox,
 * the real courier carries it to a server. One request is under way at a time; a restart begins with what is on the
 * disk. Times: `nowMs` is the true time, the box's monotonic clock counts from its start.
 */
import type { Answer } from '@wattward/edge/delivery/answers';
import { Courier, MAX_LINES } from '@wattward/edge/delivery/courier';
import type { Lane } from '@wattward/edge/outbox/lanes';
import { type NewRow, Outbox } from '@wattward/edge/outbox/outbox';
import { encodeLine, type Point } from '@wattward/edge/outbox/point';
import type { Bounds } from '@wattward/edge/outbox/room';
import { DiskFull, plainCodec, type VirtualDisk } from './virtual-disk.ts';

/** A point as it was measured: what the recorder is given and the oracle remembers. */
export interface Measured {
  readonly point: Point;
  readonly queue: 'event' | 'data';
  /** The true instant of it. */
  readonly atMs: number;
}

export interface RecorderPorts {
  readonly disk: VirtualDisk;
  readonly random: () => number;
  /** What the server says, and how long it takes to say it. */
  readonly send: (
    lines: readonly string[],
    lane: Lane,
  ) => { readonly answer: Answer; readonly tookMs: number };
  /** These are on the disk: the outbox has said so. */
  readonly onAccepted: (points: readonly Measured[]) => void;
}

const COMMIT_MS = 60_000;
const CARE_MS = 600_000;
/** After a commit that a full disk did not take. */
const TRY_AGAIN_MS = 10_000;
/** A block that a full disk does not take grows no further than this. */
const MAX_OPEN = 3_000;
const STEPS_A_CYCLE = 40;

export class VirtualRecorder {
  readonly #ports: RecorderPorts;
  readonly #bounds: Bounds;
  readonly #boot: string;
  readonly #bootAtMs: number;
  readonly outbox: Outbox;
  #courier: Courier;
  #open: { readonly measured: Measured; readonly wallMs: number | null }[] = [];
  #committedAtMs: number;
  #tryAgainAtMs = 0;
  #caredAtMs: number;
  /** What the courier has been given and has not settled, by batch, bytes of its lines. */
  readonly #held = new Map<string, number>();
  #room: { readonly atMs: number; readonly heldBytes: number } | null = null;
  #hasUntimed = false;
  #answer: { readonly answer: Answer; readonly atMs: number; readonly tookMs: number } | null = null;

  /** @throws PowerCut when the supply goes in the middle of it; nothing of this object may be used then. */
  constructor(ports: RecorderPorts, bounds: Bounds, boot: string, nowMs: number) {
    this.#ports = ports;
    this.#bounds = bounds;
    this.#boot = boot;
    this.#bootAtMs = nowMs;
    this.#committedAtMs = nowMs;
    this.#caredAtMs = nowMs;
    this.outbox = new Outbox(ports.disk, plainCodec, () => {});
    this.#tolerant(() => this.outbox.reconcile());
    const staggerStart = this.outbox.pendingPoints() > MAX_LINES;
    this.#courier = new Courier({ random: ports.random, staggerStart });
  }

  /** @param wallMs what the box believes, null while it does not trust its clock. */
  record(measured: Measured, wallMs: number | null): void {
    if (this.#open.length < MAX_OPEN) this.#open.push({ measured, wallMs });
    else this.outbox.countLost(1, 'overload');
  }

  /** @throws PowerCut */
  cycle(nowMs: number, wallMs: number | null): void {
    const monoMs = nowMs - this.#bootAtMs;
    if (wallMs === null) this.#hasUntimed = true;
    else this.#stamp(nowMs, wallMs - monoMs);
    const urgent = this.#open.some(({ measured }) => measured.queue === 'event');
    const due = urgent || nowMs - this.#committedAtMs >= COMMIT_MS;
    if (this.#open.length > 0 && due && nowMs >= this.#tryAgainAtMs) this.#commit(nowMs);
    if (nowMs - this.#caredAtMs >= CARE_MS) {
      this.#caredAtMs = nowMs;
      this.#tolerant(() => {
        this.outbox.purge();
        for (let more = true; more; ) more = this.outbox.makeRoom(this.#bounds, wallMs).more;
        this.#room = { atMs: nowMs, heldBytes: this.#heldBytes() };
      });
    }
    this.#carry(nowMs);
  }

  /** The time is known: whatever waits for it, of this start or an earlier one, gets it once and for all. */
  #stamp(nowMs: number, offsetMs: number): void {
    const boots = Object.values(this.outbox.ledger.boots);
    if (!this.#hasUntimed && boots.every((boot) => boot.offsetMs !== null)) return;
    if (this.#open.length > 0) this.#commit(nowMs);
    if (this.#open.length > 0) return;
    if (!this.#tolerant(() => this.outbox.stampBoot(this.#boot, offsetMs))) return;
    this.#hasUntimed = false;
    this.#courier.wake();
  }

  #commit(nowMs: number): void {
    const points = this.#open.map(({ measured }) => measured);
    try {
      this.outbox.accept(this.#rows(), nowMs - this.#bootAtMs);
    } catch (error) {
      // Where the box dies nobody knows whether they are on the disk: they count neither as safe nor as lost.
      if (!(error instanceof DiskFull)) throw error;
      this.#tryAgainAtMs = nowMs + TRY_AGAIN_MS;
      return;
    }
    this.#open = [];
    this.#committedAtMs = nowMs;
    this.#courier.wake();
    this.#ports.onAccepted(points);
  }

  #rows(): NewRow[] {
    const rows: NewRow[] = [];
    for (const queue of ['event', 'data'] as const) {
      for (const timed of [false, true]) {
        const here = this.#open.filter(
          (one) => one.measured.queue === queue && (one.wallMs !== null) === timed,
        );
        if (here.length === 0) continue;
        const times = here.map(({ measured, wallMs }) => wallMs ?? measured.atMs - this.#bootAtMs);
        rows.push({
          queue,
          lines: here.map(({ measured }, i) => encodeLine(measured.point, times[i] ?? 0) ?? ''),
          firstMs: Math.min(...times),
          lastMs: Math.max(...times),
          boot: timed ? null : this.#boot,
        });
      }
    }
    return rows;
  }

  /** As the box's delivery does it: one step after the other, until the courier waits or a request is under way. */
  #carry(nowMs: number): void {
    for (let i = 0; i < STEPS_A_CYCLE; i += 1) {
      if (this.#answer) {
        if (nowMs < this.#answer.atMs) return;
        const { answer, tookMs } = this.#answer;
        this.#answer = null;
        this.#courier.answered(answer, nowMs, tookMs);
      }
      const step = this.#courier.next(nowMs);
      if (step.do === 'wait') return;
      if (step.do === 'fetch') {
        const batch = this.outbox.next(step.wish, nowMs - this.#bootAtMs);
        if (batch)
          this.#held.set(
            batch.id,
            batch.lines.reduce((sum, line) => sum + line.length + 1, 0),
          );
        this.#courier.fetched(batch);
      } else if (step.do === 'settle') {
        this.outbox.settle(step.id, step.outcome);
        this.#held.delete(step.id);
      } else {
        const { answer, tookMs } = this.#ports.send(step.lines, step.lane);
        this.#answer = { answer, tookMs, atMs: nowMs + tookMs };
      }
    }
  }

  /** When room was made last, and the bytes that were on their way then and could not give way; null before. */
  get room(): { readonly atMs: number; readonly heldBytes: number } | null {
    return this.#room;
  }

  #heldBytes(): number {
    let sum = 0;
    for (const bytes of this.#held.values()) sum += bytes;
    return sum;
  }

  /** A disk that takes nothing is no reason to stop: it is tried again later. */
  #tolerant(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (error instanceof DiskFull) return false;
      throw error;
    }
  }
}
