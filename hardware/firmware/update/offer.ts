/**
 * An offer of a firmware, as lines of text with a signature below. The box hands it out; whom it trusts is the key
 * burnt into the running firmware. A higher sequence only: an old firmware with a known hole cannot come back.
 */

export interface Offer {
  readonly model: string;
  readonly sequence: number;
  readonly version: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** What was signed. */
  readonly signed: string;
  /** 128 hexadecimal digits. */
  readonly signature: string;
}

/** Longest offer read, bytes. */
export const MAX_OFFER_BYTES = 600;
/** One of the two slots of a 4 MB flash, less the sector that holds its header. */
export const MAX_IMAGE_BYTES = 0xfe000;

/** The offer written in `text`; undefined when it is none. Says nothing about its signature. */
export function parseOffer(text: string): Offer | undefined {
  const form =
    /^(wattward-firmware 1\nmodel ([a-z0-9-]{1,40})\nsequence ([1-9][0-9]{0,8})\nversion ([0-9a-z.-]{1,40})\nsize ([1-9][0-9]{0,7})\nsha256 ([0-9a-f]{64})\n)signature ([0-9a-f]{128})\n$/;
  const found = text.length <= MAX_OFFER_BYTES ? form.exec(text) : null;
  if (!found) return undefined;
  const [, signed = '', model = '', sequence, version = '', size, sha256 = '', signature = ''] = found;
  return { model, sequence: Number(sequence), version, sizeBytes: Number(size), sha256, signed, signature };
}

/** The lines that are signed; the counterpart of `parseOffer` for whoever makes a release. */
export function offerLines(offer: Omit<Offer, 'signed' | 'signature'>): string {
  const { model, sequence, version, sizeBytes, sha256 } = offer;
  return `wattward-firmware 1\nmodel ${model}\nsequence ${sequence}\nversion ${version}\nsize ${sizeBytes}\nsha256 ${sha256}\n`;
}

export interface Running {
  readonly model: string;
  readonly sequence: number;
  /** Sequence of an update that did not stand its trial; 0: none. */
  readonly failedSequence: number;
}

/** Why `offer` is not for this board; undefined: it is. */
export function objection(offer: Offer, running: Running): string | undefined {
  if (offer.model !== running.model) return 'other model';
  if (offer.sequence <= running.sequence) return 'not newer';
  if (offer.sequence === running.failedSequence) return 'failed its trial';
  if (offer.sizeBytes > MAX_IMAGE_BYTES) return 'too large';
  return undefined;
}
