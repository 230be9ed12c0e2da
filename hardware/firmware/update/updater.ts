/**
 * Updates over the air. The running firmware never changes: a new one goes into the other slot, and only when its
 * signature, size and SHA-256 are right is that slot chosen for the next start. Then it stands a trial: it must be
 * linked to the box for five minutes within its first three starts, else the old firmware is written back.
 *
 * The signature is checked before the first byte of the image is asked for. Driven by `work()`, a little at a time;
 * an error of any kind ends the attempt and leaves everything as it was.
 */

import { bytesOfHex } from '../hexadecimal.ts';
import { type Sha512, verifying } from './ed25519.ts';
import { type Offer, objection, parseOffer, type Running } from './offer.ts';

export const TRIAL_STARTS = 3;
export const TRIAL_LINKED_MS = 300_000;

export interface SlotReader {
  read(byteLength: number, offset: number): Uint8Array;
}

/** The slot that does not run. */
export interface SlotPort extends SlotReader {
  /** Begins to write from the start; nothing is chosen before `complete`. */
  open(sizeBytes: number): SlotWriter;
}

export interface SlotWriter {
  write(bytes: Uint8Array): void;
  /** Chooses the slot for the next start. */
  complete(): void;
  close(): void;
}

export interface Digest {
  write(bytes: Uint8Array): void;
  /** Hexadecimal digits. */
  close(): string;
}

export interface UpdatePorts {
  readonly slot: SlotPort;
  readonly running: SlotReader;
  readonly sha256: () => Digest;
  readonly sha512: Sha512;
  readonly encode: (text: string) => Uint8Array;
  readonly log: (words: string) => void;
}

export type Outcome = 'working' | 'wants-image' | 'ready-to-restart' | 'idle';

export class Updater {
  readonly #ports: UpdatePorts;
  readonly #publicKey: Uint8Array;
  #check: Generator<undefined, boolean> | null = null;
  #offer: Offer | null = null;
  #writer: SlotWriter | null = null;
  #digest: Digest | null = null;
  #written = 0;
  #outcome: Outcome = 'idle';

  constructor(ports: UpdatePorts, publicKeyHex: string) {
    this.#ports = ports;
    this.#publicKey = bytesOfHex(publicKeyHex);
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  get offer(): Offer | null {
    return this.#offer;
  }

  /** An offer from the box. */
  consider(text: string, running: Running): void {
    if (this.#outcome !== 'idle') return;
    const offer = parseOffer(text);
    const why = offer ? objection(offer, running) : 'not readable';
    if (!offer || why) {
      this.#ports.log(`update: offer refused, ${why}`);
      return;
    }
    this.#offer = offer;
    this.#check = verifying(
      {
        message: this.#ports.encode(offer.signed),
        signature: bytesOfHex(offer.signature),
        publicKey: this.#publicKey,
      },
      this.#ports.sha512,
    );
    this.#outcome = 'working';
  }

  /** A part of the signature's check; call it in turns until the outcome is another. */
  work(): void {
    const step = this.#check?.next();
    if (!step?.done) return;
    this.#check = null;
    if (step.value) this.#outcome = 'wants-image';
    else this.#giveUp('signature is wrong');
  }

  /** A piece of the image, in order. */
  image(bytes: Uint8Array): void {
    if (this.#outcome !== 'wants-image' || !this.#offer) return;
    try {
      this.#writer ??= this.#ports.slot.open(this.#offer.sizeBytes);
      this.#digest ??= this.#ports.sha256();
      if (this.#written + bytes.byteLength > this.#offer.sizeBytes) {
        this.#giveUp('image is too long');
        return;
      }
      this.#writer.write(bytes);
      this.#digest.write(bytes);
      this.#written += bytes.byteLength;
    } catch {
      this.#giveUp('slot could not be written');
    }
  }

  /** The image has ended, or its source has. */
  imageEnded(): void {
    const [offer, writer, digest] = [this.#offer, this.#writer, this.#digest];
    if (this.#outcome !== 'wants-image') return;
    if (!offer || !writer || !digest || this.#written !== offer.sizeBytes) {
      this.#giveUp('image is cut off');
      return;
    }
    this.#digest = null;
    if (digest.close() !== offer.sha256) {
      this.#giveUp('image is damaged');
      return;
    }
    try {
      writer.complete();
      writer.close();
      this.#writer = null;
      this.#outcome = 'ready-to-restart';
    } catch {
      this.#giveUp('slot could not be chosen');
    }
  }

  #giveUp(why: string): void {
    this.#ports.log(`update: given up, ${why}`);
    this.#writer?.close();
    this.#writer = null;
    this.#digest = null;
    this.#check = null;
    this.#offer = null;
    this.#written = 0;
    this.#outcome = 'idle';
  }
}
