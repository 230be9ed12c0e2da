/** Outages of the grid that people ordered: when each begins and ends, in the home's time. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

const MOST = 100;

export class Outages {
  #planned: Outage[] = [];
  #dark = false;

  get planned(): readonly Outage[] {
    return this.#planned;
  }

  /** False when too many are planned already. */
  add(outage: Outage): boolean {
    if (this.#planned.length >= MOST) return false;
    this.#planned.push(outage);
    return true;
  }

  clear(): void {
    this.#planned = [];
  }

  /** Puts the grid where the plan has it; touches it only when an outage begins or ends. */
  follow(nowMs: number, setGrid: (on: boolean) => void): void {
    this.#planned = this.#planned.filter(({ toMs }) => toMs > nowMs);
    const dark = this.#planned.some(({ fromMs }) => fromMs <= nowMs);
    if (dark === this.#dark) return;
    this.#dark = dark;
    setGrid(!dark);
  }
}
