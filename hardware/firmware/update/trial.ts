/**
 * Whether the running firmware is on trial, and what to do when it fails. Kept in flash: which sequence runs, which
 * one ran before with size and SHA-256 of its image, how many starts are left.
 *
 * A start is counted before the radio starts, so that a firmware that crashes on its way counts itself out. Writing
 * back: the old image still lies in the other slot; it is read and written again sector by sector, checked against
 * its SHA-256, and only then chosen. If the SDK has erased the slot by then, the check fails and the new firmware
 * stays: worse than the old one, but alive. Long work comes in steps of one sector, for the watchdog's sake.
 */
import type { SettingsPort } from '../ports.ts';
import { MAX_IMAGE_BYTES } from './offer.ts';
import { type SlotReader, TRIAL_LINKED_MS, TRIAL_STARTS, type UpdatePorts } from './updater.ts';

export interface Image {
  readonly sequence: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

const SECTOR_BYTES = 4096;

export class Trial {
  readonly #settings: SettingsPort;
  #linkedSinceMs: number | null = null;

  constructor(settings: SettingsPort) {
    this.#settings = settings;
  }

  /** Sequence of an update that failed, which must not be tried again. */
  get failedSequence(): number {
    return this.#number('failed');
  }

  /** Before the restart into `next`: keeps what runs now, to come back to. */
  *beginning(next: Image, ports: UpdatePorts): Generator<undefined, void> {
    const { sequence, sizeBytes, sha256 } = this.running();
    // The first firmware came by wire and nobody told its size: then the whole slot counts.
    const wholeBytes = sizeBytes || MAX_IMAGE_BYTES;
    const wholeSha256 = sizeBytes ? sha256 : yield* hashing(ports, ports.running, wholeBytes);
    this.#settings.set('old-sequence', sequence);
    this.#settings.set('old-size', wholeBytes);
    this.#keepHash('old', wholeSha256);
    this.#settings.set('sequence', next.sequence);
    this.#settings.set('size', next.sizeBytes);
    this.#keepHash('new', next.sha256);
    this.#settings.set('starts', TRIAL_STARTS);
  }

  /** What runs, as far as is known. */
  running(): Image {
    return {
      sequence: this.#number('sequence'),
      sizeBytes: this.#number('size'),
      sha256: this.#hash('new'),
    };
  }

  /** At every start, first of all. @returns whether the old firmware must be written back now. */
  countStart(): boolean {
    const left = this.#settings.get('starts');
    if (typeof left !== 'number') return false;
    if (left <= 0) return true;
    this.#settings.set('starts', left - 1);
    return false;
  }

  /** Once a second. The trial is over when the link has held long enough. */
  tick(linked: boolean, nowMs: number): void {
    if (!linked) this.#linkedSinceMs = null;
    else this.#linkedSinceMs ??= nowMs;
    if (this.#linkedSinceMs === null || nowMs - this.#linkedSinceMs < TRIAL_LINKED_MS) return;
    if (this.#settings.get('starts') !== undefined) this.#settings.remove('starts');
  }

  /** Writes the old firmware back and chooses it. Returns whether to restart into it. */
  *writingBack(ports: UpdatePorts): Generator<undefined, boolean> {
    const sizeBytes = this.#number('old-size');
    const failed = this.#number('sequence');
    this.#settings.remove('starts');
    this.#settings.set('failed', failed);
    const back = sizeBytes > 0 && (yield* copyingBack(ports, sizeBytes, this.#hash('old')));
    if (!back) {
      ports.log('update: the old firmware could not be written back');
      return false;
    }
    this.#settings.set('sequence', this.#number('old-sequence'));
    this.#settings.set('size', sizeBytes);
    this.#keepHash('new', this.#hash('old'));
    return true;
  }

  #number(name: string): number {
    const value = this.#settings.get(name);
    return typeof value === 'number' ? value : 0;
  }

  /** 64 digits do not fit one value. */
  #keepHash(name: string, sha256: string): void {
    this.#settings.set(`${name}-sha1`, sha256.slice(0, 32));
    this.#settings.set(`${name}-sha2`, sha256.slice(32));
  }

  #hash(name: string): string {
    const half = (n: number) => this.#settings.get(`${name}-sha${n}`);
    return `${half(1) ?? ''}${half(2) ?? ''}`;
  }
}

function pieceAt(slot: SlotReader, sizeBytes: number, at: number): Uint8Array {
  return slot.read(Math.min(SECTOR_BYTES, sizeBytes - at), at);
}

function* hashing(ports: UpdatePorts, slot: SlotReader, sizeBytes: number): Generator<undefined, string> {
  const digest = ports.sha256();
  for (let at = 0; at < sizeBytes; at += SECTOR_BYTES) {
    digest.write(pieceAt(slot, sizeBytes, at));
    yield;
  }
  return digest.close();
}

function* copyingBack(ports: UpdatePorts, sizeBytes: number, sha256: string): Generator<undefined, boolean> {
  const { slot } = ports;
  try {
    if ((yield* hashing(ports, slot, sizeBytes)) !== sha256) return false;
    // The first sector is read before the slot is opened, the others just before each is written.
    let piece = pieceAt(slot, sizeBytes, 0);
    const digest = ports.sha256();
    const writer = slot.open(sizeBytes);
    for (let at = 0; at < sizeBytes; at += SECTOR_BYTES) {
      if (at > 0) piece = pieceAt(slot, sizeBytes, at);
      digest.write(piece);
      writer.write(piece);
      yield;
    }
    const right = digest.close() === sha256;
    if (right) writer.complete();
    writer.close();
    return right;
  } catch {
    return false;
  }
}
