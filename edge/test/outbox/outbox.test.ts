import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Queue } from '../../src/outbox/batch-store.ts';
import type { Loss } from '../../src/outbox/books.ts';
import { LANES } from '../../src/outbox/lanes.ts';
import { MAX_QUARANTINED, Outbox } from '../../src/outbox/outbox.ts';
import { DEFAULT_BOUNDS } from '../../src/outbox/room.ts';
import { MemoryStore, plainCodec } from './memory-store.ts';

const T0 = 1_790_000_000_000;

function bench(store = new MemoryStore()) {
  const losses: Loss[] = [];
  const outbox = new Outbox(store, plainCodec, (loss) => losses.push(loss));
  let nextMs = T0;
  const accept = (points: number, monoMs: number, queue: Queue = 'data', boot: string | null = null) => {
    const firstMs = nextMs;
    const lines = Array.from({ length: points }, (_, i) => `site,site=h gridPowerW=1 ${firstMs + i * 1000}`);
    nextMs += points * 1000;
    outbox.accept([{ queue, lines, firstMs, lastMs: nextMs, boot }], monoMs);
  };
  const next = (monoMs: number, maxLines = 5000, skip: string[] = []) =>
    outbox.next({ maxLines, lanes: LANES, skip }, monoMs);
  const deliver = (id: string, points: number) =>
    outbox.settle(id, { deliveredPoints: points, quarantined: [] });
  return { store, outbox, losses, accept, next, deliver };
}

const isBalanced = ({ ledger, pendingPoints }: { ledger: Outbox['ledger']; pendingPoints: number }) =>
  ledger.accepted === ledger.delivered + pendingPoints + ledger.thinned + ledger.dropped + ledger.quarantined;

test('events go first, then the newest of the last minute, then the backlog from its oldest', () => {
  const { accept, next, deliver } = bench();
  accept(1, 0);
  accept(1, 1000);
  accept(1, 100_000);
  accept(1, 101_000);
  accept(2, 101_000, 'event');
  const order: string[] = [];
  for (;;) {
    const batch = next(102_000, 1);
    if (!batch) break;
    order.push(`${batch.lane} ${batch.id}`);
    deliver(batch.id, batch.lines.length);
  }
  expect(order).toEqual([
    'event event:1',
    'live data:4',
    'live data:3',
    'backfill data:1',
    'backfill data:2',
  ]);
});

test('rows are joined up to the wished number of lines, and a larger row still goes alone', () => {
  const { accept, next } = bench();
  for (let i = 0; i < 10; i++) accept(30, 0);
  expect(next(200_000, 100)?.lines).toHaveLength(90);
  expect(next(200_000, 10)?.lines).toHaveLength(30);
});

test('what somebody holds is not handed out twice, and comes back when he no longer says so', () => {
  const { accept, next } = bench();
  for (let i = 0; i < 4; i++) accept(1, 0);
  const first = next(200_000, 2);
  const second = next(200_000, 2, [first?.id ?? '']);
  expect([first?.id, second?.id]).toEqual(['data:1-2', 'data:3-4']);
  expect(next(200_000, 2, [first?.id ?? '', second?.id ?? ''])).toBeNull();
  expect(next(200_000, 2)?.id).toBe('data:1-2');
});

test('a delivery is booked in memory and costs no commit of its own', () => {
  const { store, accept, next, deliver } = bench();
  accept(5, 0);
  const before = store.commits;
  deliver(next(0)?.id ?? '', 5);
  expect(store.commits).toBe(before);
  accept(5, 1000);
  expect(store.kept).toMatchObject({ accepted: 10, delivered: 5 });
});

test('a delivery forgotten in a crash is only sent again, and counted once', () => {
  const { store, accept, next, deliver } = bench();
  accept(5, 0);
  deliver(next(0)?.id ?? '', 5);
  const after = bench(store);
  const again = after.next(100_000);
  expect(again?.lines).toHaveLength(5);
  after.deliver(again?.id ?? '', 5);
  expect(after.outbox.ledger).toMatchObject({ accepted: 5, delivered: 5 });
});

test('a batch settled twice is counted once', () => {
  const { outbox, accept, next, deliver } = bench();
  accept(5, 0);
  const id = next(0)?.id ?? '';
  deliver(id, 5);
  deliver(id, 5);
  expect(outbox.ledger.delivered).toBe(5);
});

test('a commit that fails changes nothing, and the same rows can be taken again', () => {
  const { store, outbox, accept } = bench();
  accept(5, 0);
  store.failsNext = true;
  expect(() => accept(5, 1000)).toThrow('the disk is full');
  expect(outbox.ledger.accepted).toBe(5);
  accept(5, 1000);
  expect(outbox.ledger).toMatchObject({ accepted: 10, nextSeq: { data: 3 } });
});

test('a row with a flipped bit is never sent: it is dropped, counted and told', () => {
  const { store, outbox, losses, accept, next, deliver } = bench();
  accept(5, 0);
  accept(6, 0);
  accept(7, 0);
  store.damage('data', 2, 3);
  const batch = next(100_000);
  expect(batch?.id).toBe('data:1,3');
  deliver(batch?.id ?? '', 12);
  expect(losses).toEqual([{ why: 'damaged', points: 6 }]);
  expect(outbox.ledger).toMatchObject({
    delivered: 12,
    dropped: 6,
    acked: { data: { upTo: 3, ranges: [] } },
  });
  expect(next(100_000)).toBeNull();
});

test('live data that overtakes a backlog makes one range, and the cursor closes it when the backlog is through', () => {
  const { outbox, accept, next, deliver } = bench();
  for (let i = 0; i < 100; i++) accept(1, 0);
  for (let i = 0; i < 50; i++) {
    accept(1, 100_000 + i);
    deliver(outbox.next({ maxLines: 1, lanes: ['live'], skip: [] }, 100_000 + i)?.id ?? '', 1);
  }
  expect(outbox.ledger.acked.data).toEqual({ upTo: 0, ranges: [[101, 150]] });
  for (let batch = next(300_000, 7); batch; batch = next(300_000, 7)) deliver(batch.id, batch.lines.length);
  expect(outbox.ledger.acked.data).toEqual({ upTo: 150, ranges: [] });
});

test('the quarantine keeps a thousand lines; more are dropped and counted', () => {
  const { outbox, losses, accept, next } = bench();
  accept(MAX_QUARANTINED + 20, 0);
  const batch = next(0);
  const quarantined = (batch?.lines ?? []).map((line) => ({ line, status: 400, answer: 'no' }));
  outbox.settle(batch?.id ?? '', { deliveredPoints: 0, quarantined });
  expect(outbox.ledger).toMatchObject({ quarantined: MAX_QUARANTINED, dropped: 20, delivered: 0 });
  expect(losses).toEqual([{ why: 'quarantine-full', points: 20 }]);
});

test('what the history no longer keeps is dropped and counted, told at once and then in sums', () => {
  const { outbox, losses, accept, next } = bench();
  for (let i = 0; i < 5; i++) accept(100, 0);
  const expire = (expiredPoints: number) => {
    const batch = next(100_000, 100);
    outbox.settle(batch?.id ?? '', { deliveredPoints: 100 - expiredPoints, quarantined: [], expiredPoints });
  };
  expire(100);
  expect(losses).toEqual([{ why: 'expired', points: 100 }]);
  for (const points of [100, 70]) expire(points);
  expect(losses).toHaveLength(1);
  expect(outbox.ledger).toMatchObject({ delivered: 30, dropped: 270, quarantined: 0 });
  outbox.purge();
  expect(losses.slice(1)).toEqual([{ why: 'expired', points: 170 }]);
  expire(100);
  outbox.purge();
  outbox.purge();
  expect(losses.slice(2)).toEqual([{ why: 'expired', points: 100 }]);
  expect(isBalanced({ ledger: outbox.ledger, pendingPoints: outbox.pendingPoints() })).toBe(true);
});

test('points older than the bound are dropped and counted, those beyond thirty days are thinned', () => {
  const { outbox, accept } = bench();
  for (let i = 0; i < 120; i++) accept(60, 0);
  const dayMs = 86_400_000;
  const bounds = { ...DEFAULT_BOUNDS, thinAfterMs: 30 * dayMs, dropAfterMs: 100 * dayMs };
  for (let more = true; more; ) more = outbox.makeRoom(bounds, T0 + 31 * dayMs).more;
  expect(outbox.ledger.dropped).toBe(0);
  expect(outbox.pendingPoints()).toBeLessThanOrEqual(10);
  for (let more = true; more; ) more = outbox.makeRoom(bounds, T0 + 101 * dayMs).more;
  expect(outbox.pendingPoints()).toBe(0);
  expect(isBalanced({ ledger: outbox.ledger, pendingPoints: outbox.pendingPoints() })).toBe(true);
});

test('the bound holds whatever waits: data without a time goes before the first event', () => {
  const { outbox, accept, losses } = bench();
  for (let i = 0; i < 2; i++) accept(60, 0, 'data', 'boot-1');
  for (let i = 0; i < 2; i++) accept(1, 0, 'event');
  const fill = () => outbox.ledger.pendingBytes;
  const room = (maxBytes: number) => {
    for (let more = true; more; ) more = outbox.makeRoom({ ...DEFAULT_BOUNDS, maxBytes }, null).more;
  };
  room(fill());
  expect(outbox.ledger.dropped).toBe(0);
  room(fill() - 1);
  expect(outbox.ledger.dropped).toBe(120);
  room(fill() - 1);
  expect(outbox.ledger.dropped).toBe(121);
  room(0);
  expect(outbox.ledger.dropped).toBe(122);
  expect(losses.map(({ why, points }) => `${why} ${points}`)).toEqual(['full 120', 'full 1', 'full 1']);
  expect(isBalanced({ ledger: outbox.ledger, pendingPoints: outbox.pendingPoints() })).toBe(true);
});

test('rows lost from the disk are found against the books at the start', () => {
  const { store, accept } = bench();
  accept(5, 0);
  accept(6, 0);
  store.rows.data.delete(1);
  const after = bench(store);
  expect(after.outbox.reconcile()).toBe(5);
  expect(after.outbox.ledger).toMatchObject({ accepted: 11, dropped: 5 });
  expect(after.losses).toEqual([{ why: 'damaged', points: 5 }]);
});

test('whatever happens in whatever order, every accepted point is in exactly one account', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('accept' as const),
      points: fc.integer({ min: 1, max: 40 }),
      event: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('send' as const),
      maxLines: fc.integer({ min: 1, max: 80 }),
      bad: fc.nat(3),
    }),
    fc.record({ kind: fc.constant('damage' as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant('crash' as const) }),
    fc.record({ kind: fc.constant('room' as const), maxBytes: fc.integer({ min: 0, max: 40_000 }) }),
    fc.record({ kind: fc.constant('purge' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let box = bench();
      let monoMs = 0;
      for (const one of steps) {
        if (one.kind === 'wait') monoMs += one.ms;
        if (one.kind === 'accept') box.accept(one.points, monoMs, one.event ? 'event' : 'data');
        if (one.kind === 'crash') {
          box = bench(box.store);
          box.outbox.reconcile();
        }
        if (one.kind === 'purge') box.outbox.purge();
        if (one.kind === 'room') box.outbox.makeRoom({ ...DEFAULT_BOUNDS, maxBytes: one.maxBytes }, null);
        if (one.kind === 'damage' && box.store.rows.data.has(one.which)) box.store.damage('data', one.which);
        if (one.kind === 'send') {
          const batch = box.next(monoMs, one.maxLines);
          const bad = (batch?.lines ?? [])
            .slice(0, one.bad)
            .map((line) => ({ line, status: 400, answer: '' }));
          if (batch) {
            const deliveredPoints = batch.lines.length - bad.length;
            box.outbox.settle(batch.id, { deliveredPoints, quarantined: bad });
          }
        }
        const { ledger } = box.outbox;
        expect(isBalanced({ ledger, pendingPoints: box.outbox.pendingPoints() })).toBe(true);
        expect(box.outbox.pendingPoints()).toBeGreaterThanOrEqual(0);
      }
      for (let batch = box.next(1e9); batch; batch = box.next(1e9)) box.deliver(batch.id, batch.lines.length);
      expect(box.outbox.pendingPoints()).toBe(0);
      expect(box.outbox.ledger.pendingBytes).toBe(0);
    }),
    { numRuns: 300 },
  );
});
