/**
 * Decides recorded cycles again and compares: every record must be chained to the one before, every decision must
 * come out as it was, to the bit, and the state carried along must meet the one of each key frame.
 */
import { decide } from '../core/decide.ts';
import type { Decision } from '../core/decision.ts';
import type { Plan } from '../core/plan.ts';
import type { Settings } from '../core/settings.ts';
import type { State } from '../core/state.ts';
import { digestsOf, firstDigestDifference, type ReadCycle, recordHash } from './cycle-record.ts';
import { firstDifference } from './first-difference.ts';

export interface Difference {
  /**
   * `changed`: a record is not as it was written; `missing`: records are gone; `decision`, `state`: whole records,
   * but what is computed from them differs.
   */
  readonly kind: 'changed' | 'missing' | 'decision' | 'state';
  /** The cycle it was found at. */
  readonly cycle: number;
  readonly at: string | null;
  /** Of decision or state, when these differ. */
  readonly field: string | null;
  readonly why: string;
}

/** What a replay has in hand after its last cycle: enough to explain it. */
export interface ReplayedCycle {
  readonly before: State;
  readonly record: ReadCycle;
  readonly settings: Settings;
  readonly plan: Plan | null;
  readonly decision: Decision;
}

interface Frame {
  readonly settings: Settings;
  readonly plan: Plan | null;
}

export class Replayer {
  readonly #software: string;
  #boot: string | null = null;
  #hash: string | null = null;
  #cycle = 0;
  #frame: Frame | null = null;
  #state: State | null = null;
  #last: ReplayedCycle | null = null;
  #foreignSoftware: string | null = null;
  /** Cycles decided again and found equal. */
  proven = 0;

  constructor(software: string) {
    this.#software = software;
  }

  get last(): ReplayedCycle | null {
    return this.#last;
  }

  /** The state that the last cycle led to. */
  get state(): State | null {
    return this.#state;
  }

  /** Another version of this software decided (some of) what was replayed: a difference may be its doing. */
  get foreignSoftware(): string | null {
    return this.#foreignSoftware;
  }

  /** What the chain must go on with: where records are missing, the first of them. */
  get expectedCycle(): number {
    return this.#cycle + 1;
  }

  /** Takes the next record in the order they were written. */
  take(record: ReadCycle): Difference | null {
    const broken = this.#link(record);
    if (broken) return broken;
    const { key, frame } = record;
    if (key) {
      const other = this.#state && this.#sameState(record, this.#state, key.state);
      if (other) return other;
      if (key.software !== this.#software) this.#foreignSoftware = key.software;
      if (frame) this.#frame = frame;
      if (this.#frame) this.#state = key.state;
    }
    return this.#frame && this.#state ? this.#decide(record, this.#frame, this.#state) : null;
  }

  /** Is it chained to the record before? */
  #link(record: ReadCycle): Difference | null {
    const { key, boot, cycle, hash } = record;
    const isFirst = this.#boot !== boot;
    const previous = isFirst ? (key?.previous ?? null) : this.#hash;
    if (isFirst) {
      this.#boot = boot;
      this.#frame = null;
      this.#state = null;
    }
    const before = this.#cycle;
    this.#cycle = cycle;
    this.#hash = hash;
    // Read from the middle of a start of the box: the chain is held on to from the next key frame on.
    if (previous === null) return null;
    if (recordHash(previous, record.at, record.body) === hash) return null;
    // By its place, not by what it says of itself: that may be what was changed.
    const here = { ...record, cycle: isFirst ? cycle : before + 1 };
    const gap = cycle - before - 1;
    // A whole record after a gap is chained to one that is not there.
    const isWholeKey = key !== undefined && recordHash(key.previous, record.at, record.body) === hash;
    if (!isFirst && gap > 0) {
      const missing = gap === 1 ? `record ${before + 1} is` : `records ${before + 1} to ${cycle - 1} are`;
      return difference('missing', here, null, `${missing} missing or changed`);
    }
    const why = isWholeKey
      ? `record ${here.cycle} does not follow the one before`
      : `record ${here.cycle} is not as it was written`;
    return difference('changed', here, null, why);
  }

  #sameState(record: ReadCycle, computed: State, recorded: State): Difference | null {
    if (JSON.stringify(computed) === JSON.stringify(recorded)) return null;
    const field = firstDifference(JSON.parse(JSON.stringify(computed)), recorded) ?? 'order of fields';
    return difference('state', record, field, `the state before cycle ${record.cycle} differs in ${field}`);
  }

  #decide(record: ReadCycle, frame: Frame, before: State): Difference | null {
    const { settings, plan } = frame;
    const { state, decision } = decide(before, record.snapshot, settings, plan, record.nowMs);
    const field = firstDigestDifference(record.digests, digestsOf(decision));
    if (field !== null) {
      return difference('decision', record, field, `cycle ${record.cycle} decides otherwise in ${field}`);
    }
    this.#last = { before, record, settings, plan, decision };
    this.#state = state;
    this.proven += 1;
    return null;
  }
}

export function difference(
  kind: Difference['kind'],
  { cycle, at }: Pick<ReadCycle, 'cycle' | 'at'>,
  field: string | null,
  why: string,
): Difference {
  return { kind, cycle, at: at.wallMs === null ? null : new Date(at.wallMs).toISOString(), field, why };
}
