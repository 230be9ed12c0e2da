/**
 * Follows MQTT packets through a byte stream and judges each before the parser has it whole.
 *
 * The parser collects a packet before it looks at it, so a single header that announces 256 MB lets one connection
 * fill the memory, even before it has said who it is; and it takes packets that MQTT forbids. This looks at each
 * announced length as soon as it arrives [MQTT 3.1.1, 2.2.3] and at each packet by the rules (`packet-rules.ts`);
 * nothing longer than allowed and nothing forbidden reaches the parser whole. Bytes are copied only while a packet
 * comes in pieces, and of a message never more than its topic.
 */
import {
  bodyViolation,
  CONNECT,
  DISCONNECT,
  headerViolation,
  judgedBytes,
  type Violation,
} from './packet-rules.ts';

export type FrameProblem = 'packet-too-long' | 'length-malformed' | Violation;

const NOTHING = new Uint8Array(0);

export class FrameScanner {
  /** Packets begun so far. */
  packets = 0;
  maxPacketBytes: number;
  #firstByte = 0;
  #bodyBytes = 0;
  #bodyLeftBytes = 0;
  #lengthDigits = 0;
  #inLength = false;
  #judged = true;
  #disconnected = false;
  readonly #begun = new Pieces();

  constructor(maxPacketBytes: number) {
    this.maxPacketBytes = maxPacketBytes;
  }

  /** Looks through the next bytes of the stream; a problem means that the connection has to end. */
  scan(chunk: Uint8Array): FrameProblem | undefined {
    let at = 0;
    while (at < chunk.length) {
      let problem: FrameProblem | undefined;
      if (this.#bodyLeftBytes > 0) {
        const taken = Math.min(this.#bodyLeftBytes, chunk.length - at);
        if (!this.#judged) problem = this.#judge(chunk.subarray(at, at + taken));
        this.#bodyLeftBytes -= taken;
        at += taken;
      } else {
        const byte = chunk[at] ?? 0;
        problem = this.#inLength ? this.#length(byte) : this.#type(byte);
        at += 1;
      }
      if (problem) return problem;
    }
    return undefined;
  }

  #type(byte: number): FrameProblem | undefined {
    const type = byte >> 4;
    if (this.packets === 0 && type !== CONNECT) return 'connect-expected';
    if (this.packets > 0 && type === CONNECT) return 'second-connect';
    if (this.#disconnected) return 'after-disconnect';
    this.packets += 1;
    this.#firstByte = byte;
    this.#disconnected = type === DISCONNECT;
    this.#inLength = true;
    this.#lengthDigits = 0;
    this.#bodyBytes = 0;
    return headerViolation(byte);
  }

  #length(byte: number): FrameProblem | undefined {
    this.#bodyBytes += (byte & 0x7f) * 128 ** this.#lengthDigits;
    this.#lengthDigits += 1;
    if (this.#bodyBytes + 1 + this.#lengthDigits > this.maxPacketBytes) return 'packet-too-long';
    if (byte >= 0x80) return this.#lengthDigits === 4 ? 'length-malformed' : undefined;
    this.#inLength = false;
    this.#bodyLeftBytes = this.#bodyBytes;
    this.#judged = false;
    return this.#bodyBytes === 0 ? this.#judge(NOTHING) : undefined;
  }

  /** Judges the packet once enough of it is there; `piece` is what has just come of its body. */
  #judge(piece: Uint8Array): FrameProblem | undefined {
    const begun = this.#begun.with(piece);
    const needed = judgedBytes(this.#firstByte, begun, this.#bodyBytes);
    // The first bytes of a PUBLISH say how many more it takes, so enough for one question may be too few for the next.
    if (begun.length < needed) {
      this.#begun.keep(begun, this.#bodyBytes);
      return undefined;
    }
    this.#judged = true;
    this.#begun.forget();
    return bodyViolation(this.#firstByte, begun);
  }
}

/** The beginning of a packet that comes in pieces; room grows with what has come, not with what was announced. */
class Pieces {
  #bytes = NOTHING;
  #length = 0;

  /** What has come so far and `piece` behind it; `piece` itself while nothing has come. */
  with(piece: Uint8Array): Uint8Array {
    if (this.#length === 0) return piece;
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    return this.#bytes.subarray(0, length);
  }

  keep(bytes: Uint8Array, atMostBytes: number): void {
    if (this.#length === 0) {
      this.#bytes = new Uint8Array(Math.min(atMostBytes, 2 * bytes.length + 64));
      this.#bytes.set(bytes);
    }
    this.#length = bytes.length;
  }

  forget(): void {
    this.#bytes = NOTHING;
    this.#length = 0;
  }
}
