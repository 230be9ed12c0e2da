import { expect, test } from '@jest/globals';
import { type Chained, chainHash, GENESIS, verifyChain } from '../../src/store/chain.ts';

type Record = Chained & { readonly text: string };

function chainOf(count: number): Record[] {
  const records: Record[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const content = { seq, text: `decision ${seq}` };
    records.push({ ...content, hash: chainHash(records.at(-1)?.hash ?? GENESIS.hash, content) });
  }
  return records;
}

const head = (records: readonly Record[]) => records.at(-1) ?? GENESIS;
const badSeq = (records: readonly Record[], known = head(chainOf(100))) => {
  const verdict = verifyChain(records, GENESIS, known);
  return verdict.ok ? null : verdict.firstBadSeq;
};

test('an untouched chain verifies, and says how long it is', () => {
  expect(verifyChain(chainOf(100))).toMatchObject({ ok: true, records: 100 });
  expect(verifyChain([])).toMatchObject({ ok: true, records: 0 });
});

test.each([1, 2, 50, 99, 100])('record %i changed, removed, or swapped with a neighbour is named', (seq) => {
  const changed = chainOf(100).map((one) => (one.seq === seq ? { ...one, text: 'something else' } : one));
  expect(badSeq(changed)).toBe(seq);
  const removed = chainOf(100).filter((one) => one.seq !== seq);
  expect(badSeq(removed)).toBe(seq);
  const swapped = chainOf(100);
  const other = Math.min(seq, 99);
  const pair = swapped.slice(other - 1, other + 1).reverse();
  swapped.splice(other - 1, 2, ...pair);
  expect(badSeq(swapped)).toBe(other);
});

test('an end cut off is found by the head that is kept apart', () => {
  expect(badSeq(chainOf(90))).toBe(91);
  expect(verifyChain(chainOf(90))).toMatchObject({ ok: true });
});

test('a chain rewritten with fitting hashes is found by the head that is kept apart', () => {
  const rewritten: Record[] = [];
  for (const { seq } of chainOf(100)) {
    const content = { seq, text: seq < 40 ? `decision ${seq}` : 'invented' };
    rewritten.push({ ...content, hash: chainHash(rewritten.at(-1)?.hash ?? GENESIS.hash, content) });
  }
  expect(badSeq(rewritten)).toBe(100);
});

test('a chain whose beginning was archived goes on from its anchor', () => {
  const records = chainOf(100);
  const anchor = records[59] as Record;
  expect(verifyChain(records.slice(60), anchor)).toMatchObject({ ok: true, records: 40 });
  expect(verifyChain(records.slice(61), anchor)).toMatchObject({ ok: false, firstBadSeq: 61 });
});
