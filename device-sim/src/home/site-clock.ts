/** The time of a simulated home: real time, or time that runs faster from an anchor on. Milliseconds. */
export interface Anchor {
  readonly realMs: number;
  readonly siteMs: number;
  readonly speed: number;
}

export class SiteClock {
  readonly anchor: Anchor;
  readonly #startedAtMs = performance.now();

  constructor(anchor: Anchor) {
    this.anchor = anchor;
  }

  get speed(): number {
    return this.anchor.speed;
  }

  /** Epoch milliseconds as the home counts them. */
  nowMs(): number {
    return this.anchor.siteMs + (Date.now() - this.anchor.realMs) * this.anchor.speed;
  }

  /** Home milliseconds since the start of this process; never jumps. */
  monoMs(): number {
    return (performance.now() - this.#startedAtMs) * this.anchor.speed;
  }
}
