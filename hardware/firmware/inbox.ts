/** Puts the parts of an incoming message together, up to a bound; a longer message is thrown away whole. */
import { MAX_MESSAGE_BYTES } from './inbound.ts';

export interface Received {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

export class Inbox {
  #topic = '';
  #missing = 0;
  #skip = false;
  #parts: Uint8Array[] = [];

  /** The message that `part` completes; undefined while there is more to come. */
  take(
    part: Uint8Array,
    head: { readonly topic?: string | undefined; readonly byteLength?: number | undefined },
  ): Received | undefined {
    if (head.topic !== undefined) {
      this.#topic = head.topic;
      this.#missing = head.byteLength ?? part.byteLength;
      this.#skip = this.#missing > MAX_MESSAGE_BYTES;
      this.#parts = [];
    }
    if (this.#topic === '') return undefined;
    this.#missing -= part.byteLength;
    if (!this.#skip) this.#parts.push(part);
    if (this.#missing > 0) return undefined;
    const received = { topic: this.#topic, bytes: joined(this.#parts) };
    const whole = !this.#skip && this.#missing === 0;
    this.#topic = '';
    this.#parts = [];
    return whole ? received : undefined;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
