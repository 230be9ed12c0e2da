/**
 * The time of a simulated home: real time, or time that runs faster from an anchor on; it can be stopped, stepped and
 * set to another date. The monotonic time goes on through a change of date. Milliseconds.
 */
export interface Anchor {
  readonly realMs: number;
  readonly siteMs: number;
  readonly speed: number;
}

/** Real protocols do not hold at more. */
export const FASTEST = 20;
export const SLOWEST = 0.1;

export class SiteClock {
  #anchor: Anchor;
  #paused = false;
  /** Monotonic time at the last change of pace. */
  #monoAnchor = { performanceMs: performance.now(), monoMs: 0 };
  readonly #listeners = new Set<() => void>();
  /** Others (a box) go by the same anchor and could not follow a change. */
  readonly shared: boolean;

  constructor(anchor: Anchor, { shared = false }: { readonly shared?: boolean } = {}) {
    this.#anchor = anchor;
    this.shared = shared;
  }

  get anchor(): Anchor {
    return this.#anchor;
  }

  /** Home seconds per real second while it runs. */
  get speed(): number {
    return this.#anchor.speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Epoch milliseconds as the home counts them. */
  nowMs(): number {
    const { siteMs, realMs, speed } = this.#anchor;
    return this.#paused ? siteMs : siteMs + (Date.now() - realMs) * speed;
  }

  /** Home milliseconds since the start of this process; never jumps. */
  monoMs(): number {
    const { monoMs, performanceMs } = this.#monoAnchor;
    return this.#paused ? monoMs : monoMs + (performance.now() - performanceMs) * this.speed;
  }

  setSpeed(speed: number): void {
    this.#change({ speed });
  }

  pause(): void {
    this.#change({}, true);
  }

  resume(): void {
    this.#change({}, false);
  }

  /** Moves a stopped clock on. */
  step(ms: number): void {
    const { monoMs, performanceMs } = this.#monoAnchor;
    this.#monoAnchor = { monoMs: monoMs + ms, performanceMs };
    this.#change({ siteMs: this.nowMs() + ms });
  }

  /** Another date; timers of the home do not notice. */
  jump(siteMs: number): void {
    this.#change({ siteMs });
  }

  /** Tells every change of pace, date or pause; returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(change: { readonly speed?: number; readonly siteMs?: number }, paused = this.#paused): void {
    this.#monoAnchor = { performanceMs: performance.now(), monoMs: this.monoMs() };
    this.#anchor = { realMs: Date.now(), siteMs: this.nowMs(), speed: this.speed, ...change };
    this.#paused = paused;
    for (const listener of this.#listeners) listener();
  }
}
