import { expect, test } from '@jest/globals';
import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import { setpointAck } from '@wattward/broker/wire/setpoint';
import { SetpointDesk } from '../../src/setpoint/desk.ts';
import { ALLOWANCE, HOUR_MS, KEYS, ports, signed, T0 } from './signed-setpoints.ts';

interface Bench {
  readonly desk: SetpointDesk;
  readonly acks: SetpointAck[];
  readonly saved: string[];
  diskWorks: boolean;
  linkWorks: boolean;
}

function bench(challenge = 'boot-1'): Bench {
  const acks: SetpointAck[] = [];
  const saved: string[] = [];
  const box: Bench = { acks, saved, diskWorks: true, linkWorks: true, desk: undefined as never };
  const desk = new SetpointDesk({
    ports: {
      ...ports,
      save: async (json) => {
        if (box.diskWorks) saved.push(json);
        return box.diskWorks;
      },
      answer: async (ack) => {
        if (box.linkWorks) acks.push(setpointAck.parse(ack));
        return box.linkWorks;
      },
    },
    siteId: 'home-1',
    challenge,
    keys: KEYS,
    allowance: () => ALLOWANCE,
  });
  return Object.assign(box, { desk });
}

const at = (ms: number, skewMs = 0) => ({ monoMs: 1000 + ms, wallMs: T0 + ms + skewMs });
const told = (acks: readonly SetpointAck[]) =>
  acks.map(({ id, status, why }) => `${id} ${status}${why ? ` ${why}` : ''}`);
/** Lets what `tick` started come to its end. */
const settled = (box: Bench, ms: number) => box.desk.receive('', 'portal', at(ms));

test('an accepted set-point is written down before it is in force and answered', async () => {
  const box = bench();
  const steps: string[] = [];
  const slow = new SetpointDesk({
    ports: {
      ...ports,
      save: async () => {
        steps.push(`saved with ${slow.inForce.length} in force`);
        return true;
      },
      answer: async (ack) => {
        steps.push(`${ack.status} with ${slow.inForce.length} in force`);
        return true;
      },
    },
    siteId: 'home-1',
    challenge: 'boot-1',
    keys: KEYS,
    allowance: () => ALLOWANCE,
  });
  await slow.receive(signed(), 'portal', at(0));
  expect(steps).toEqual(['saved with 0 in force', 'accepted with 1 in force', 'active with 1 in force']);
  await box.desk.receive(signed(), 'portal', at(0));
  expect(box.desk.inForce[0]).toMatchObject({ kind: 'peak-threshold', value: { watts: 7000 } });
});

test('a disk that takes nothing: the set-point is neither in force nor answered, and taken when sent again', async () => {
  const box = bench();
  box.diskWorks = false;
  await box.desk.receive(signed(), 'portal', at(0));
  expect(box.desk.inForce).toEqual([]);
  expect(box.acks).toEqual([]);
  box.diskWorks = true;
  await box.desk.receive(signed(), 'portal', at(1000));
  expect(told(box.acks)).toEqual(['proposal-1 accepted', 'proposal-1 active']);
});

test('a replay changes nothing and is refused', async () => {
  const box = bench();
  await box.desk.receive(signed(), 'portal', at(0));
  await box.desk.receive(signed(), 'portal', at(1000));
  expect(told(box.acks).slice(2)).toEqual(['proposal-1 refused replayed']);
  expect(box.desk.inForce).toHaveLength(1);
});

test('the end is counted on the monotonic clock: a wall clock set back or forward moves nothing', async () => {
  const box = bench();
  await box.desk.receive(signed(), 'portal', at(0));
  box.desk.tick(at(HOUR_MS - 1, -24 * HOUR_MS));
  await settled(box, HOUR_MS - 1);
  expect(box.desk.inForce).toHaveLength(1);
  box.desk.tick(at(1000, 24 * HOUR_MS));
  expect(box.desk.inForce).toHaveLength(1);
  box.desk.tick(at(HOUR_MS, -24 * HOUR_MS));
  expect(box.desk.inForce).toEqual([]);
  await settled(box, HOUR_MS);
  expect(told(box.acks)).toContain('proposal-1 completed');
});

test('a newer one of its kind takes over when its own time comes', async () => {
  const box = bench();
  await box.desk.receive(signed(), 'portal', at(0));
  const later = { id: 'proposal-2', seq: 2, value: { watts: 8000 } };
  const from = new Date(T0 + HOUR_MS / 2).toISOString();
  await box.desk.receive(signed({ ...later, notBefore: from }), 'portal', at(1000));
  expect(box.desk.inForce.map(({ id }) => id)).toEqual(['proposal-1']);
  box.desk.tick(at(HOUR_MS / 2));
  await settled(box, HOUR_MS / 2);
  expect(box.desk.inForce.map(({ id }) => id)).toEqual(['proposal-2']);
  expect(told(box.acks)).toEqual([
    'proposal-1 accepted',
    'proposal-1 active',
    'proposal-2 accepted',
    'proposal-1 superseded',
    'proposal-2 active',
    ' refused malformed',
  ]);
});

test('a revoked one ends at once; an unknown one is refused by name', async () => {
  const box = bench();
  await box.desk.receive(signed(), 'portal', at(0));
  await box.desk.receive(
    signed({ id: 'revoke-it', seq: 2, kind: 'revoke', value: { id: 'proposal-1' } }),
    'portal',
    at(1),
  );
  expect(box.desk.inForce).toEqual([]);
  await box.desk.receive(
    signed({ id: 'revoke-no', seq: 3, kind: 'revoke', value: { id: 'proposal-1' } }),
    'portal',
    at(2),
  );
  expect(told(box.acks).slice(2)).toEqual([
    'proposal-1 revoked',
    'revoke-it accepted',
    'revoke-no refused unknown-id',
  ]);
});

test('after a restart it holds for the rest of its time, and old messages stay refused', async () => {
  const before = bench();
  await before.desk.receive(signed(), 'portal', at(0));
  await before.desk.checkpoint(at(0));
  const after = bench('boot-2');
  after.desk.restore(before.saved.at(-1) ?? null, { monoMs: 50, wallMs: T0 + HOUR_MS / 2 });
  expect(after.desk.inForce).toHaveLength(1);
  expect(after.desk.lastSeqs).toEqual({ portal: 1 });
  await after.desk.receive(signed(), 'portal', { monoMs: 60, wallMs: T0 + HOUR_MS / 2 });
  await after.desk.receive(signed({ challenge: 'boot-2' }), 'portal', {
    monoMs: 60,
    wallMs: T0 + HOUR_MS / 2,
  });
  expect(told(after.acks)).toEqual(['proposal-1 refused stale-challenge', 'proposal-1 refused replayed']);
  after.desk.tick({ monoMs: 50 + HOUR_MS / 2, wallMs: T0 });
  expect(after.desk.inForce).toEqual([]);
});

test('restarted without a trusted clock it holds for what was left, and ends when the time becomes known', async () => {
  const before = bench();
  await before.desk.receive(signed(), 'portal', at(0));
  await before.desk.checkpoint(at(0));
  const after = bench('boot-2');
  after.desk.restore(before.saved.at(-1) ?? null, { monoMs: 0, wallMs: null });
  expect(after.desk.inForce).toHaveLength(1);
  after.desk.tick({ monoMs: 1000, wallMs: T0 + 5 * HOUR_MS });
  await after.desk.receive('', 'portal', { monoMs: 1000, wallMs: T0 + 5 * HOUR_MS });
  expect(after.desk.inForce).toEqual([]);
  expect(told(after.acks)[0]).toBe('proposal-1 completed');
});

test('restarted without a clock it ends after what was left of it, however long it held before', async () => {
  const before = bench();
  await before.desk.receive(signed(), 'portal', at(0));
  await before.desk.checkpoint(at(HOUR_MS / 2));
  const after = bench('boot-2');
  after.desk.restore(before.saved.at(-1) ?? null, { monoMs: 0, wallMs: null });
  after.desk.tick({ monoMs: HOUR_MS / 2 - 1, wallMs: null });
  expect(after.desk.inForce).toHaveLength(1);
  after.desk.tick({ monoMs: HOUR_MS / 2, wallMs: null });
  expect(after.desk.inForce).toEqual([]);
});

test('answers the portal did not hear are kept over a restart and told in order', async () => {
  const before = bench();
  before.linkWorks = false;
  await before.desk.receive(signed(), 'portal', at(0));
  const after = bench('boot-2');
  after.desk.restore(before.saved.at(-1) ?? null, at(1000));
  await after.desk.flush();
  expect(told(after.acks)).toEqual(['proposal-1 accepted', 'proposal-1 active']);
});

test('the same proposal signed anew replaces itself and is not called superseded', async () => {
  const box = bench();
  await box.desk.receive(signed(), 'portal', at(0));
  await box.desk.receive(signed({ seq: 2 }), 'portal', at(1000));
  expect(box.desk.inForce).toHaveLength(1);
  expect(told(box.acks).some((line) => line.includes('superseded'))).toBe(false);
});

test('orders for other loads hold side by side; one for the same load takes over', async () => {
  const box = bench();
  const order = (id: string, seq: number, load: string, on: boolean) =>
    box.desk.receive(signed({ id, seq, kind: 'load', value: { load, on } }), 'portal', at(seq));
  await order('order-pool-on', 1, 'pool-heater', true);
  await order('order-water-on', 2, 'water-heater', true);
  await order('order-pool-off', 3, 'pool-heater', false);
  expect(box.desk.inForce.map(({ id }) => id)).toEqual(['order-water-on', 'order-pool-off']);
  expect(told(box.acks)).toContain('order-pool-on superseded');
});
