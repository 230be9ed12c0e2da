/** What comes back for a request when faults hold on the line: the answer, a broken one, nothing, or a hang-up. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultSet } from './fault.ts';
import { answerPdu, type ModbusDevice } from './modbus-pdu.ts';

export type ModbusReply =
  | { readonly kind: 'answer'; readonly pdu: Buffer; readonly broken: boolean }
  | { readonly kind: 'silence' }
  | { readonly kind: 'hang-up' };

/** A device behind one unit id of a line, and what is wrong with it. */
export interface ModbusUnit {
  readonly device: ModbusDevice;
  readonly faults?: FaultSet;
}

/** By unit id, 1 to 247: a data logger or a serial bus has several. */
export type ModbusUnits = ReadonlyMap<number, ModbusUnit>;

export async function replyTo({ device, faults }: ModbusUnit, pdu: Buffer): Promise<ModbusReply> {
  if (!faults) return { kind: 'answer', pdu: answerPdu(device, pdu), broken: false };
  if (faults.linkDown) return { kind: 'hang-up' };
  if (faults.get('no-answer')) return { kind: 'silence' };
  const slow = faults.get('slow');
  if (slow) await delay(slow.delayMs);
  const exception = faults.get('exception');
  const answer = exception ? Buffer.from([(pdu[0] ?? 0) | 0x80, exception.code]) : answerPdu(device, pdu);
  return { kind: 'answer', pdu: answer, broken: faults.get('wrong-crc') !== undefined };
}
