/** `state.db` with its fall-back: what the disk does not take is kept in memory and written when it does again. */
import type { LogMarks, StatePlace } from '../record/log.ts';
import type { Durability, StoreAlarm } from '../record/store.ts';
import type { ChainAnchor } from './chain.ts';
import { isDamage, openDatabase, setFileAside } from './database.ts';
import { readableStates, STATE_SCHEMA, StateTable } from './state-db.ts';

const MARKS_KEY = 'log-marks';
/** Real time a save may take before the disk is called slow. */
const SLOW_MS = 2000;

export class StateRoom implements StatePlace {
  readonly #path: string;
  readonly #alarm: (alarm: StoreAlarm) => void;
  readonly #unsaved = new Map<string, string>();
  #open: { readonly table: StateTable; close(): void; transact(work: () => void): void } | null = null;
  #marks: LogMarks | null = null;
  #marksDirty = false;
  #troubled = false;

  constructor(path: string, alarm: (alarm: StoreAlarm) => void) {
    this.#path = path;
    this.#alarm = alarm;
    const json = this.load(MARKS_KEY);
    this.#marks = json === null ? null : (JSON.parse(json) as LogMarks);
  }

  get isDurable(): boolean {
    return this.#unsaved.size === 0;
  }

  get marks(): LogMarks | null {
    return this.#marks;
  }

  /** Remembered with the next save: no commit of their own. */
  setMarks(journal: ChainAnchor, eventSeq: number): void {
    if (this.#marks?.journal.seq === journal.seq && this.#marks.eventSeq === eventSeq) return;
    this.#marks = { journal, eventSeq };
    this.#marksDirty = true;
  }

  load(key: string): string | null {
    const unsaved = this.#unsaved.get(key);
    if (unsaved !== undefined) return unsaved;
    try {
      const { json, damaged } = this.#opened().table.load(key);
      if (damaged) {
        this.#alarm({ code: 'store-damaged', severity: 'alarm', params: { file: this.#path, key } });
      }
      return json;
    } catch (error) {
      this.#failed(error);
      return this.#unsaved.get(key) ?? null;
    }
  }

  save(key: string, json: string): Durability {
    this.#unsaved.set(key, json);
    return this.saveAll();
  }

  saveAll(attempts = 2): Durability {
    if (this.#unsaved.size === 0 && !this.#marksDirty) return 'durable';
    const startedMs = performance.now();
    try {
      const { table, transact } = this.#opened();
      transact(() => {
        for (const [key, json] of this.#unsaved) table.save(key, json);
        if (this.#marks && this.#marksDirty) table.save(MARKS_KEY, JSON.stringify(this.#marks));
      });
    } catch (error) {
      // A damaged file was set aside: the fresh one takes it. Any other trouble needs time.
      return this.#failed(error) && attempts > 1 ? this.saveAll(attempts - 1) : 'memory';
    }
    this.#unsaved.clear();
    this.#marksDirty = false;
    const tookMs = Math.round(performance.now() - startedMs);
    if (tookMs > SLOW_MS)
      this.#alarm({ code: 'store-disk', severity: 'warning', params: { why: 'slow', tookMs } });
    if (this.#troubled)
      this.#alarm({ code: 'store-recovered', severity: 'info', params: { file: this.#path } });
    this.#troubled = false;
    return 'durable';
  }

  close(): void {
    this.saveAll();
    this.#open?.close();
    this.#open = null;
  }

  #opened() {
    if (this.#open) return this.#open;
    const { db, setAside, why } = openDatabase(this.#path, STATE_SCHEMA);
    if (setAside !== null) {
      this.#salvage(setAside);
      this.#alarm({ code: 'store-damaged', severity: 'alarm', params: { file: setAside, why: why ?? '' } });
    }
    const transact = (work: () => void) => {
      db.exec('BEGIN IMMEDIATE');
      try {
        work();
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    };
    this.#open = { table: new StateTable(db), close: () => db.close(), transact };
    return this.#open;
  }

  /** @returns whether the file was damaged, and is set aside now. */
  #failed(error: unknown): boolean {
    try {
      this.#open?.close();
    } catch {
      // A handle that cannot be closed is as good as closed: the next use opens a new one.
    }
    this.#open = null;
    const why = error instanceof Error ? error.message : String(error);
    const isDamaged = isDamage(error, this.#path);
    if (isDamaged) {
      const file = setFileAside(this.#path);
      this.#salvage(file);
      this.#alarm({ code: 'store-damaged', severity: 'alarm', params: { file, why } });
    } else if (!this.#troubled) {
      this.#alarm({ code: 'store-disk', severity: 'alarm', params: { file: this.#path, why } });
    }
    this.#troubled = true;
    return isDamaged;
  }

  /** What is whole in a damaged file is kept, and goes into the fresh one with the next save. */
  #salvage(file: string): void {
    for (const { key, json } of readableStates(file)) {
      if (key === MARKS_KEY) this.#marks ??= JSON.parse(json) as LogMarks;
      else if (!this.#unsaved.has(key)) this.#unsaved.set(key, json);
    }
    this.#marksDirty = this.#marks !== null;
  }
}
