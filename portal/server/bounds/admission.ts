/** Bounds what is under way at once: how many for each key, and how much for all together. Who finds no room is told. */
export class Admission {
  readonly #mostOfKey: number;
  readonly #mostWeight: number;
  readonly #byKey = new Map<string, number>();
  #weight = 0;

  constructor(bounds: { readonly ofKey: number; readonly weight: number }) {
    this.#mostOfKey = bounds.ofKey;
    this.#mostWeight = bounds.weight;
  }

  /** @returns what to call when done, once; `key` or `all` when that bound is reached. */
  enter(key: string, weight = 1): (() => void) | 'key' | 'all' {
    const ofKey = this.#byKey.get(key) ?? 0;
    if (ofKey >= this.#mostOfKey) return 'key';
    if (this.#weight + weight > this.#mostWeight) return 'all';
    this.#byKey.set(key, ofKey + 1);
    this.#weight += weight;
    return () => {
      const left = (this.#byKey.get(key) ?? 1) - 1;
      if (left === 0) this.#byKey.delete(key);
      else this.#byKey.set(key, left);
      this.#weight -= weight;
    };
  }
}
