/**
 * A Modbus RTU server for the devices on a serial line or pseudo terminal. Frames are found by their length and their
 * check sum; bytes that fit no frame are forgotten after a silence, so that a disturbed line finds back by itself.
 * [Modbus over Serial Line 1.02, 2.5.1]
 */
import { SerialPort } from 'serialport';
import { type ModbusUnits, replyTo } from './modbus-reply.ts';

export interface ModbusRtuOptions {
  /** Serial device or pseudo terminal, e.g. `/dev/ttyUSB0`. */
  readonly path: string;
  readonly baudRate: number;
  readonly units: ModbusUnits;
}

/** Longer than 3.5 characters at the slowest line we offer, and than a scheduler's hiccup. */
const SILENCE_MS = 60;
const LONGEST_FRAME_BYTES = 256;

export class ModbusRtuServer {
  readonly #port: SerialPort;
  readonly #options: ModbusRtuOptions;
  #pending: Buffer = Buffer.alloc(0);
  #silence: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  private constructor(port: SerialPort, options: ModbusRtuOptions) {
    this.#port = port;
    this.#options = options;
    port.on('data', (chunk: Buffer) => this.#hear(chunk));
    // A line that is pulled out falls silent; the other side finds out by itself.
    port.on('error', () => {});
  }

  /** Rejects when the line cannot be opened. */
  static async open(options: ModbusRtuOptions): Promise<ModbusRtuServer> {
    const port = new SerialPort({ path: options.path, baudRate: options.baudRate, autoOpen: false });
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    return new ModbusRtuServer(port, options);
  }

  async close(): Promise<void> {
    clearTimeout(this.#silence);
    await this.#turn;
    if (this.#port.isOpen) await new Promise<void>((resolve) => this.#port.close(() => resolve()));
  }

  #hear(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]).subarray(-LONGEST_FRAME_BYTES);
    clearTimeout(this.#silence);
    for (;;) {
      const length = frameLength(this.#pending);
      if (length === undefined || this.#pending.length < length) break;
      const frame = this.#pending.subarray(0, length);
      this.#pending = this.#pending.subarray(length);
      this.#serve(frame);
    }
    this.#silence = setTimeout(() => {
      // A function of unknown length ends with the silence.
      const frame = this.#pending;
      this.#pending = Buffer.alloc(0);
      if (frame.length >= 4) this.#serve(frame);
    }, SILENCE_MS);
  }

  #serve(frame: Buffer): void {
    const body = frame.subarray(0, -2);
    // A frame with a wrong check sum and one for another unit get no answer.
    const id = frame[0] ?? 0;
    const unit = this.#options.units.get(id);
    if (!unit || crc16(body) !== frame.readUInt16LE(frame.length - 2)) return;
    const pdu = Buffer.from(body.subarray(1));
    this.#turn = this.#turn.then(async () => {
      const reply = await replyTo(unit, pdu);
      // There is nothing to hang up on a wire.
      if (reply.kind !== 'answer' || !this.#port.isOpen) return;
      this.#port.write(framed(id, reply.pdu, reply.broken));
    });
  }
}

function framed(unit: number, pdu: Buffer, broken: boolean): Buffer {
  const out = Buffer.alloc(pdu.length + 3);
  out.writeUInt8(unit, 0);
  pdu.copy(out, 1);
  out.writeUInt16LE(crc16(out.subarray(0, -2)) ^ (broken ? 0x5555 : 0), out.length - 2);
  return out;
}

/** Bytes of the request that begins here; undefined when more must come, or when only silence tells. */
function frameLength(bytes: Buffer): number | undefined {
  const code = bytes[1];
  if (code === undefined) return undefined;
  if (code >= 1 && code <= 6) return 8;
  if (code === 15 || code === 16) return bytes.length < 7 ? undefined : 9 + (bytes[6] ?? 0);
  return undefined;
}

/** CRC-16 with polynomial 0xA001, low byte first on the wire [Modbus over Serial Line 1.02, 6.2.2]. */
function crc16(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
