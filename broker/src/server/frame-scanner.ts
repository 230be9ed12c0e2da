/**
 * Follows MQTT packets through a byte stream by their fixed headers only, without copying a byte.
 *
 * The parser behind it collects a packet whole before it looks at it, so a single header that announces 256 MB lets
 * one connection fill the memory, even before it has said who it is. This looks at each announced length as soon as
 * it arrives [MQTT 3.1.1, 2.2.3]; nothing longer than allowed reaches the parser.
 */
export type FrameProblem = 'packet-too-long' | 'length-malformed' | 'connect-expected';

const CONNECT = 1;

export class FrameScanner {
  /** Packets begun so far. */
  packets = 0;
  maxPacketBytes: number;
  #bodyLeftBytes = 0;
  #lengthDigits = 0;
  #lengthBytes = 0;
  #inLength = false;

  constructor(maxPacketBytes: number) {
    this.maxPacketBytes = maxPacketBytes;
  }

  /** Looks through the next bytes of the stream; a problem means that the connection has to end. */
  scan(chunk: Uint8Array): FrameProblem | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyLeftBytes > 0) {
        const skipped = Math.min(this.#bodyLeftBytes, chunk.length - at);
        this.#bodyLeftBytes -= skipped;
        at += skipped;
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      const problem = this.#inLength ? this.#length(byte) : this.#type(byte);
      if (problem) return problem;
    }
    return undefined;
  }

  #type(byte: number): FrameProblem | undefined {
    if (this.packets === 0 && byte >> 4 !== CONNECT) return 'connect-expected';
    this.packets += 1;
    this.#inLength = true;
    this.#lengthDigits = 0;
    this.#lengthBytes = 0;
    return undefined;
  }

  #length(byte: number): FrameProblem | undefined {
    this.#lengthBytes += (byte & 0x7f) * 128 ** this.#lengthDigits;
    this.#lengthDigits += 1;
    if (this.#lengthBytes + 1 + this.#lengthDigits > this.maxPacketBytes) return 'packet-too-long';
    if (byte < 0x80) {
      this.#inLength = false;
      this.#bodyLeftBytes = this.#lengthBytes;
    } else if (this.#lengthDigits === 4) return 'length-malformed';
    return undefined;
  }
}
