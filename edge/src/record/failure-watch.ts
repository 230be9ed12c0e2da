/**
 * Says which devices do not answer, why, and what to do: once a spell, not at each attempt. A spell begins after 10 s
 * of failure, since a single lost answer is nothing for a person, and ends after a minute of answers, so that a loose
 * plug makes no flood of events; another cause within it is told at most once a minute. Times are real: they are about
 * wires, not about the home.
 */
import type { EventRecord, Store } from './store.ts';

/** Where `status` finds those that stand: a JSON array of `StandingFailure`. */
export const DEVICE_FAILURES_KEY = 'device-failures';

const BEGINS_AFTER_MS = 10_000;
const ENDS_AFTER_MS = 60_000;

export interface StandingFailure {
  readonly device: string;
  readonly why: string;
  readonly remedy: string;
}

type Failure = Omit<StandingFailure, 'device'>;

/** A device, and why it does not answer, in words for a person; null while it does. */
interface Answering {
  failure(): Failure | null;
}

interface Spell {
  /** What was told of it; null before it counts. */
  told: Failure | null;
  /** When that was, or else when it began. */
  sinceMs: number;
  /** Since when it has answered again. */
  wellSinceMs: number | null;
}

export class FailureWatch {
  readonly #sources: ReadonlyMap<string, Answering>;
  readonly #onEvent: (event: EventRecord) => void;
  readonly #spells = new Map<string, Spell>();

  /** @param sources by the id that people know. */
  constructor(sources: ReadonlyMap<string, Answering>, onEvent: (event: EventRecord) => void) {
    this.#sources = sources;
    this.#onEvent = onEvent;
  }

  /** Once per cycle. @returns whether anything was told. @param nowMs real, monotonic. */
  look(nowMs: number): boolean {
    let toldSome = false;
    for (const [device, source] of this.#sources) {
      const failure = source.failure();
      const event = failure ? this.#failing(device, failure, nowMs) : this.#well(device, nowMs);
      if (!event) continue;
      toldSome = true;
      this.#onEvent(event);
    }
    return toldSome;
  }

  /** Those that were told and are not over. */
  standing(): StandingFailure[] {
    return [...this.#spells].flatMap(([device, { told }]) => (told ? [{ device, ...told }] : []));
  }

  #failing(device: string, failure: Failure, nowMs: number): EventRecord | null {
    const spell = this.#spells.get(device) ?? { told: null, sinceMs: nowMs, wellSinceMs: null };
    this.#spells.set(device, spell);
    spell.wellSinceMs = null;
    const isDue = spell.told
      ? spell.told.remedy !== failure.remedy && nowMs - spell.sinceMs >= ENDS_AFTER_MS
      : nowMs - spell.sinceMs >= BEGINS_AFTER_MS;
    if (!isDue) return null;
    spell.told = failure;
    spell.sinceMs = nowMs;
    return { code: 'device-failed', severity: 'alarm', params: { device, ...failure } };
  }

  #well(device: string, nowMs: number): EventRecord | null {
    const spell = this.#spells.get(device);
    if (!spell) return null;
    spell.wellSinceMs ??= nowMs;
    if (spell.told && nowMs - spell.wellSinceMs < ENDS_AFTER_MS) return null;
    this.#spells.delete(device);
    return spell.told ? { code: 'device-back', severity: 'info', params: { device } } : null;
  }
}

type Watched<Source> = ReadonlyMap<string, { readonly source: Source }>;

/** Takes orders, too; says why one was given up. */
interface Obeying extends Answering {
  givenUp(): Failure | null;
}

/** @returns what is to be called after each cycle, with real monotonic time. */
export function watchDevices(
  { meters, inverters }: { readonly meters: Watched<Answering>; readonly inverters: Watched<Obeying> },
  store: Pick<Store, 'saveState'>,
  onEvent: (event: EventRecord) => void,
): (nowMs: number) => void {
  const sources = new Map<string, Answering>();
  for (const [id, { source }] of meters) sources.set(id, source);
  for (const [id, { source }] of inverters) {
    sources.set(id, { failure: () => source.failure() ?? source.givenUp() });
  }
  const watch = new FailureWatch(sources, onEvent);
  const keep = () => void store.saveState(DEVICE_FAILURES_KEY, JSON.stringify(watch.standing()));
  // What an earlier run told is over with it.
  keep();
  return (nowMs) => {
    if (watch.look(nowMs)) keep();
  };
}
