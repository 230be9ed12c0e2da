/**
 * Lets work in as long as all that is inside weighs no more than the bound, in the order it came. What is heavier than
 * the bound goes in alone.
 */
export class WeightGate {
  readonly #most: number;
  readonly #waiting: { readonly weight: number; readonly go: () => void }[] = [];
  #inside = 0;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#waiting.length === 0;
  }

  /** @returns what to call when done, once. */
  async enter(weight: number): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#fits(weight)) {
      await new Promise<void>((go) => this.#waiting.push({ weight, go }));
    } else this.#take(weight);
    return () => {
      this.#inside -= weight;
      this.#count -= 1;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.weight); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.weight);
      next.go();
    }
  }

  #fits(weight: number): boolean {
    return this.#count === 0 || this.#inside + weight <= this.#most;
  }

  #take(weight: number): void {
    this.#inside += weight;
    this.#count += 1;
  }
}
