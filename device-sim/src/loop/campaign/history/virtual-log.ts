/**
 * The log and the states of the box in memory, over a disk that fails: the outbox is the box's own, the tables beside it
 * keep what a restart needs and no more. Like the box's, the log is closed when the disk fails and opened anew later.
 */
import type { State } from '@wattward/edge/core/state';
import { Outbox } from '@wattward/edge/outbox/outbox';
import type { Log, LogMarks, LogPlace, StatePlace } from '@wattward/edge/record/log';
import { DiskFull, plainCodec, type VirtualDisk } from './virtual-disk.ts';

const RETRY_DISK_MS = 2_000;
const START = { seq: 0, hash: '' };

export class VirtualLog implements LogPlace {
  readonly #disk: VirtualDisk;
  readonly #nowMs: () => number;
  #log: Log | null = null;
  #retryAtMs: number | null = null;
  #journal = START;
  #minutes = START;
  #events = 0;
  /** The state after a cycle that is being written; null when nobody knows. */
  stateAfter: (cycle: string) => State | null = () => null;
  /** Where the cycles on the disk lead to; null when there are none. */
  replayed: State | null = null;

  constructor(disk: VirtualDisk, nowMs: () => number) {
    this.#disk = disk;
    this.#nowMs = nowMs;
  }

  get isWell(): boolean {
    return this.#retryAtMs === null;
  }

  get log(): Log | null {
    return this.#log;
  }

  use<T>(work: (log: Log) => T): { readonly value: T } | null {
    if (this.#retryAtMs !== null && this.#nowMs() < this.#retryAtMs) return null;
    try {
      this.#log ??= this.#open();
      const value = work(this.#log);
      this.#retryAtMs = null;
      return { value };
    } catch (error) {
      if (!(error instanceof DiskFull)) throw error;
      this.#log = null;
      this.#retryAtMs = this.#nowMs() + RETRY_DISK_MS;
      return null;
    }
  }

  /** Whoever opens it next begins with what is on the disk. */
  close(): void {
    this.#log = null;
    this.#retryAtMs = null;
  }

  #open(): Log {
    const outbox = new Outbox(this.#disk, plainCodec, () => {});
    outbox.reconcile();
    return {
      outbox,
      transact: (work) => {
        const before = outbox.checkpoint();
        try {
          this.#disk.transact(work);
        } catch (error) {
          outbox.restore(before);
          throw error;
        }
      },
      ...this.#tables(),
    };
  }

  #tables(): Omit<Log, 'outbox' | 'transact'> {
    const whole = { ok: true, records: 0, headHash: '' } as const;
    const box = this;
    return {
      journal: {
        get head() {
          return box.#journal;
        },
        append: (decisions, boot, { monoMs, wallMs }, head) =>
          decisions.map((decision, i) => ({
            ...{ ...decision, boot, monoMs, seq: head.seq + i + 1, hash: '' },
            at: wallMs === null ? null : new Date(wallMs).toISOString(),
          })),
        setHead: (head) => {
          this.#journal = head;
        },
        stampBoot: () => {},
        read: () => [],
        verify: () => whole,
        prune: () => {},
      },
      events: {
        insert: () => {
          this.#events += 1;
        },
        pending: () => [],
        ack: () => {},
        counts: () => ({ waiting: 0, last: this.#events }),
        stampBoot: () => {},
        prune: () => {},
      },
      snapshots: {
        insert: (taken) => {
          this.replayed = this.stateAfter(taken.at(-1)?.json ?? '') ?? this.replayed;
        },
        read: () => [],
        next: () => null,
        prune: () => {},
      },
      minutes: {
        get head() {
          return box.#minutes;
        },
        append: (taken, _, head) => ({ seq: head.seq + taken.length, hash: '' }),
        setHead: (head) => {
          this.#minutes = head;
        },
        read: () => [],
        verify: () => whole,
        prune: () => {},
      },
      slots: { append: () => {}, read: () => [], prune: () => {} },
    };
  }
}

/** States are on the disk at once; what fails there is the set-points' part of the campaign. */
export class VirtualStates implements StatePlace {
  readonly #states = new Map<string, string>();
  readonly isDurable = true;
  marks: LogMarks | null = null;

  load(key: string): string | null {
    return this.#states.get(key) ?? null;
  }

  save(key: string, json: string): 'durable' {
    this.#states.set(key, json);
    return 'durable';
  }

  saveAll(): 'durable' {
    return 'durable';
  }

  setMarks(journal: LogMarks['journal'], eventSeq: number): void {
    this.marks = { journal, eventSeq };
  }

  close(): void {}
}
