/** Puts the parts of an incoming message together, up to a bound; a longer message is thrown away whole. */
import { MAX_MESSAGE_BYTES } from './inbound.ts';

export interface Received {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

export class Inbox {
  #topic = '';
  #missing = 0;
  /** Null: too long, thrown away. */
  #bytes: Uint8Array | null = null;

  /** The message that `part` completes; undefined while there is more to come. */
  take(
    part: Uint8Array,
    head: { readonly topic?: string | undefined; readonly byteLength?: number | undefined },
  ): Received | undefined {
    if (head.topic !== undefined) {
      this.#topic = head.topic;
      this.#missing = head.byteLength ?? part.byteLength;
      // Its whole length at once: parts that are joined at the end would take twice the memory.
      this.#bytes = this.#missing > MAX_MESSAGE_BYTES ? null : new Uint8Array(this.#missing);
    }
    if (this.#topic === '') return undefined;
    if (part.byteLength > this.#missing) this.#bytes = null;
    this.#bytes?.set(part, this.#bytes.byteLength - this.#missing);
    this.#missing -= part.byteLength;
    if (this.#missing > 0) return undefined;
    const received = this.#bytes ? { topic: this.#topic, bytes: this.#bytes } : undefined;
    this.#topic = '';
    this.#bytes = null;
    return received;
  }
}
