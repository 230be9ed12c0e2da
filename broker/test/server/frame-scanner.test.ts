import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { connectPacket, PINGREQ, publishPacket, subscribePacket } from '../../bench/packets.ts';
import { type FrameProblem, FrameScanner } from '../../src/server/frame-scanner.ts';
import { forbiddenConnects, forbiddenPackets, unknownLevels } from './forbidden-packets.ts';

const login = { id: 'board-1', secret: 'secret-of-board-1-22ch' };
const STATE = 'wattward/v1/board/board-1/state';
const MAX_BYTES = 1_024;

const allowed = [
  PINGREQ,
  publishPacket(STATE, Buffer.alloc(0)),
  publishPacket(STATE, Buffer.alloc(300, 0xff), 65_535),
  publishPacket('ü', Buffer.from([0]), 1),
  subscribePacket(1, ['#', '+', '+/a/+', 'a/#', '/', STATE], 1),
  Buffer.from([0x62, 2, 0, 1]),
  Buffer.from([0x3a, 5, 0, 1, 97, 0, 9]),
];

function judge(pieces: readonly Uint8Array[]): FrameProblem | undefined {
  const scanner = new FrameScanner(MAX_BYTES);
  for (const piece of pieces) {
    const problem = scanner.scan(piece);
    if (problem) return problem;
  }
  return undefined;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test('allowed packets pass, however the network cuts them', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...allowed)), fc.array(fc.nat()), (packets, cuts) => {
      const stream = Buffer.concat([connectPacket(login), ...packets]);
      expect(judge([stream])).toBeUndefined();
      expect(judge(cutAt(stream, cuts))).toBeUndefined();
      expect(judge([...stream].map((byte) => Uint8Array.of(byte)))).toBeUndefined();
    }),
  );
});

test('a forbidden packet is seen behind any allowed ones, however the network cuts them', () => {
  const inside = forbiddenPackets(login, STATE).map(([, bytes, why]) => [bytes, why] as const);
  fc.assert(
    fc.property(
      fc.constantFrom(...inside),
      fc.array(fc.constantFrom(...allowed), { maxLength: 3 }),
      fc.array(fc.nat()),
      ([bytes, why], packets, cuts) => {
        const stream = Buffer.concat([connectPacket(login), ...packets, bytes]);
        expect(judge(cutAt(stream, cuts))).toBe(why);
        expect(judge([...stream].map((byte) => Uint8Array.of(byte)))).toBe(why);
      },
    ),
  );
  for (const [, bytes, why] of forbiddenConnects(login, STATE)) {
    expect(judge([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(why);
  }
  for (const [, bytes] of unknownLevels(login)) {
    expect(judge([...bytes].map((byte) => Uint8Array.of(byte)))).toBe('protocol-level');
  }
});

test('any bytes at all are judged the same whole and in pieces', () => {
  const wild = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(wild, fc.array(fc.nat()), ([first, body], cuts) => {
      const stream = Buffer.concat([connectPacket(login), Buffer.from([first, body.length]), body]);
      expect(judge(cutAt(stream, cuts))).toBe(judge([stream]));
    }),
    { numRuns: 2_000 },
  );
});
