/** Time of a campaign: events in the order of their instants, and nothing in between. Milliseconds. */
interface Planned {
  readonly atMs: number;
  readonly run: () => void;
}

export class VirtualTime {
  /** Latest first, so that the next one is taken from the end. */
  readonly #planned: Planned[] = [];
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events of the same instant run in the order in which they were planned. */
  at(atMs: number, run: () => void): void {
    const planned = this.#planned;
    let i = planned.length;
    while (i > 0 && (planned[i - 1]?.atMs ?? 0) <= atMs) i -= 1;
    planned.splice(i, 0, { atMs: Math.max(atMs, this.#nowMs), run });
  }

  after(inMs: number, run: () => void): void {
    this.at(this.#nowMs + inMs, run);
  }

  /** Again and again; `everyMs` is asked each time. */
  every(everyMs: () => number, run: () => void): void {
    this.after(everyMs(), () => {
      run();
      this.every(everyMs, run);
    });
  }

  runTo(endMs: number): void {
    for (let next = this.#planned.at(-1); next && next.atMs <= endMs; next = this.#planned.at(-1)) {
      this.#planned.pop();
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = endMs;
  }
}
