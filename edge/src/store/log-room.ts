/**
 * `log.db` with its fall-backs: a disk that fails is tried again every few seconds, a damaged file is set aside and
 * what is whole in it is carried over to a fresh one. Whoever uses it gets an answer or null, never an exception.
 */
import type { Loss } from '../outbox/books.ts';
import type { LogMarks, LogPlace } from '../record/log.ts';
import type { StoreAlarm } from '../record/store.ts';
import { isDamage, setFileAside, sqliteCode } from './database.ts';
import { LogDb } from './log-db.ts';
import { salvage } from './salvage.ts';

/** Real time between two attempts on a disk that failed. */
const RETRY_DISK_MS = 2000;
/** Real time a use may take before the disk is called slow. */
const SLOW_MS = 2000;

export interface LogRoomOptions {
  readonly path: string;
  readonly site: string;
  readonly marks: () => LogMarks | null;
  readonly alarm: (alarm: StoreAlarm) => void;
}

export class LogRoom implements LogPlace {
  readonly #options: LogRoomOptions;
  #log: LogDb | null = null;
  #trouble: string | null = null;
  #retryAtMs = 0;

  constructor(options: LogRoomOptions) {
    this.#options = options;
  }

  get isWell(): boolean {
    return this.#trouble === null;
  }

  /** The open log; null while the disk is in trouble. */
  get log(): LogDb | null {
    return this.#log;
  }

  /** Runs `work` on the log; null when the disk did not play along. */
  use<T>(work: (log: LogDb) => T): { readonly value: T } | null {
    if (this.#trouble !== null && performance.now() < this.#retryAtMs) return null;
    const startedMs = performance.now();
    try {
      this.#log ??= this.#open();
      const value = work(this.#log);
      this.#well(Math.round(performance.now() - startedMs));
      return { value };
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  close(): void {
    this.#log?.close();
    this.#log = null;
  }

  #open(): LogDb {
    const { path, site, marks, alarm } = this.#options;
    const onLoss = (loss: Loss) => alarm(lossAlarm(loss));
    const log = new LogDb({ path, site, marks: marks(), onLoss });
    if (log.damage) this.#carryOver(log, log.damage.setAside, log.damage.why);
    log.outbox.reconcile();
    return log;
  }

  #carryOver(log: LogDb, file: string, why: string): void {
    const saved = salvage(file, log);
    this.#options.alarm({ code: 'store-damaged', severity: 'alarm', params: { file, why, ...saved } });
  }

  #well(tookMs: number): void {
    if (tookMs > SLOW_MS) {
      this.#options.alarm({ code: 'store-disk', severity: 'warning', params: { why: 'slow', tookMs } });
    }
    if (this.#trouble === null) return;
    this.#options.alarm({ code: 'store-recovered', severity: 'info', params: { after: this.#trouble } });
    this.#trouble = null;
  }

  #failed(error: unknown): void {
    if (sqliteCode(error) === null && !isSystemError(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    try {
      this.#log?.close();
    } catch {
      // A handle that cannot be closed is as good as closed: the next use opens a new one.
    }
    this.#log = null;
    if (isDamage(error, this.#options.path)) {
      this.#replaceDamaged(why);
      return;
    }
    if (this.#trouble === null) {
      this.#options.alarm({
        code: 'store-disk',
        severity: 'alarm',
        params: { file: this.#options.path, why },
      });
    }
    this.#trouble = why;
    this.#retryAtMs = performance.now() + RETRY_DISK_MS;
  }

  /** The file turned out to be damaged while in use. */
  #replaceDamaged(why: string): void {
    try {
      const file = setFileAside(this.#options.path);
      this.#log = this.#open();
      this.#carryOver(this.#log, file, why);
      this.#log.outbox.reconcile();
    } catch (error) {
      this.#log = null;
      this.#trouble = error instanceof Error ? error.message : String(error);
      this.#retryAtMs = performance.now() + RETRY_DISK_MS;
    }
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function lossAlarm({ why, points }: Loss): StoreAlarm {
  return { code: 'outbox-dropped', severity: 'alarm', params: { why, points } };
}
