/** A running hash of everything that happened: two runs are the same run when their hashes are. FNV-1a, two lanes. */
export class TraceHash {
  #a = 0x811c9dc5;
  #b = 0x01000193;
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);

  add(value: number): void {
    this.#float[0] = value;
    this.#word(this.#words[0] ?? 0);
    this.#word(this.#words[1] ?? 0);
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i += 1) this.#word(value.charCodeAt(i));
    this.#word(0);
  }

  digest(): string {
    return (this.#a >>> 0).toString(16).padStart(8, '0') + (this.#b >>> 0).toString(16).padStart(8, '0');
  }

  #word(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul(this.#b ^ (word + 0x9e3779b9), 0x85ebca6b) ^ (this.#b >>> 13);
  }
}
