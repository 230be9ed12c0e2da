/**
 * New connections come in one at a time, at most one in a turn of the event loop.
 *
 * A hundred that arrive together would otherwise all be set up, read and refused in one turn, and whoever is in
 * already waits for the last of them. Between two newcomers the loop serves everybody else. How many wait here is
 * bounded by admission.
 */
export class Doorway {
  readonly #waiting: (() => void)[] = [];
  #open = false;

  /** Calls `begin` in a later turn of the event loop; in the order of asking. */
  enter(begin: () => void): void {
    this.#waiting.push(begin);
    if (!this.#open) this.#nextTurn();
  }

  #nextTurn(): void {
    this.#open = true;
    setImmediate(() => {
      const begin = this.#waiting.shift();
      if (this.#waiting.length > 0) this.#nextTurn();
      else this.#open = false;
      begin?.();
    });
  }
}
