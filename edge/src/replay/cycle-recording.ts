/** Writes the records of the running box: decides which are key frames, and keeps the chain. */
import type { Plan } from '../core/plan.ts';
import type { Settings } from '../core/settings.ts';
import type { CycleWriter, DecidedCycle } from '../record/decided-cycle.ts';
import { chainStart, digestsOf, writtenRecord } from './cycle-record.ts';

/** Site milliseconds between two key frames, and between two that carry settings and plan. */
export const KEY_EVERY_MS = 60_000;
export const FRAME_EVERY_MS = 3_600_000;

export class CycleRecording implements CycleWriter {
  readonly #software: string;
  #hash: string;
  #keyAtMonoMs = Number.NEGATIVE_INFINITY;
  #frameAtMonoMs = Number.NEGATIVE_INFINITY;
  #settings: Settings | null = null;
  #plan: Plan | null = null;

  constructor(boot: string, software: string) {
    this.#software = software;
    this.#hash = chainStart(boot);
  }

  /** Hash of the newest record: whoever keeps it notices an end cut off. */
  get hash(): string {
    return this.#hash;
  }

  /** The record of one cycle, as it is to be kept. */
  next({ at, before, snapshot, core, plan, decision }: DecidedCycle): string {
    const isOther = core !== this.#settings || plan !== this.#plan;
    const isFrame = isOther || at.monoMs - this.#frameAtMonoMs >= FRAME_EVERY_MS;
    const isKey = isFrame || at.monoMs - this.#keyAtMonoMs >= KEY_EVERY_MS;
    if (isKey) this.#keyAtMonoMs = at.monoMs;
    if (isFrame) this.#frameAtMonoMs = at.monoMs;
    this.#settings = core;
    this.#plan = plan;
    const { json, hash } = writtenRecord(
      {
        cycle: decision.cycle,
        nowMs: decision.atMs,
        snapshot,
        digests: digestsOf(decision),
        ...(isKey && { key: { state: before, previous: this.#hash, software: this.#software } }),
        ...(isFrame && { frame: { settings: core, plan } }),
      },
      at,
      this.#hash,
    );
    this.#hash = hash;
    return json;
  }
}
