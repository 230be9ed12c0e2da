/**
 * What a Modbus device answers to a request: function 3, 4, 6 and 16, and an exception for everything else, for
 * registers that are not there and for values that do not fit. Framing (TCP, RTU) is not its business.
 * [Modbus Application Protocol 1.1b3]
 */

export const ILLEGAL_FUNCTION = 1;
export const ILLEGAL_ADDRESS = 2;
export const ILLEGAL_VALUE = 3;
export const DEVICE_FAILURE = 4;

export class ModbusException extends Error {
  readonly exceptionCode: number;

  constructor(exceptionCode: number) {
    super(`Modbus exception ${exceptionCode}`);
    this.exceptionCode = exceptionCode;
  }
}

export type Space = 'holding' | 'input';

export interface ModbusDevice {
  /** `count` registers from `address`, 0..65535 each. @throws ModbusException for what is not there. */
  read(space: Space, address: number, count: number): readonly number[];
  /** @throws ModbusException for what is not there or may not be written. */
  write(address: number, words: readonly number[]): void;
}

/** The answer to the request `pdu` (function code and data). */
export function answerPdu(device: ModbusDevice, pdu: Buffer): Buffer {
  const code = pdu[0] ?? 0;
  try {
    return answer(device, code, pdu);
  } catch (error) {
    const exceptionCode = error instanceof ModbusException ? error.exceptionCode : DEVICE_FAILURE;
    return Buffer.from([code | 0x80, exceptionCode]);
  }
}

function answer(device: ModbusDevice, code: number, pdu: Buffer): Buffer {
  if (code === 3 || code === 4) return readAnswer(device, code, pdu);
  if (code === 6) return writeOne(device, pdu);
  if (code === 16) return writeMany(device, pdu);
  throw new ModbusException(ILLEGAL_FUNCTION);
}

function readAnswer(device: ModbusDevice, code: 3 | 4, pdu: Buffer): Buffer {
  if (pdu.length !== 5) throw new ModbusException(ILLEGAL_VALUE);
  const address = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  if (count < 1 || count > 125) throw new ModbusException(ILLEGAL_VALUE);
  if (address + count > 0x10000) throw new ModbusException(ILLEGAL_ADDRESS);
  const words = device.read(code === 3 ? 'holding' : 'input', address, count);
  const out = Buffer.alloc(2 + 2 * count);
  out.writeUInt8(code, 0);
  out.writeUInt8(2 * count, 1);
  for (const [i, word] of words.entries()) out.writeUInt16BE(word, 2 + 2 * i);
  return out;
}

function writeOne(device: ModbusDevice, pdu: Buffer): Buffer {
  if (pdu.length !== 5) throw new ModbusException(ILLEGAL_VALUE);
  device.write(pdu.readUInt16BE(1), [pdu.readUInt16BE(3)]);
  return Buffer.from(pdu);
}

function writeMany(device: ModbusDevice, pdu: Buffer): Buffer {
  if (pdu.length < 6) throw new ModbusException(ILLEGAL_VALUE);
  const count = pdu.readUInt16BE(3);
  if (count < 1 || count > 123 || pdu[5] !== 2 * count || pdu.length !== 6 + 2 * count) {
    throw new ModbusException(ILLEGAL_VALUE);
  }
  device.write(
    pdu.readUInt16BE(1),
    Array.from({ length: count }, (_, i) => pdu.readUInt16BE(6 + 2 * i)),
  );
  return Buffer.from(pdu.subarray(0, 5));
}

/** Registers of an image; holes between `first` and `last` read as 0, everything outside is not there. */
export function readImage(image: ReadonlyMap<number, number>, address: number, count: number): number[] {
  const words: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const word = image.get(address + i);
    if (word === undefined) throw new ModbusException(ILLEGAL_ADDRESS);
    words.push(word);
  }
  return words;
}
