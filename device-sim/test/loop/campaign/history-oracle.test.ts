import { expect, test } from '@jest/globals';
import { EMPTY_LEDGER } from '@wattward/edge/outbox/books';
import { HistoryOracle } from '../../../src/loop/campaign/history/history-oracle.ts';
import { DiskFull, PowerCut, VirtualDisk } from '../../../src/loop/campaign/history/virtual-disk.ts';
import { VirtualInflux } from '../../../src/loop/campaign/history/virtual-influx.ts';
import { Random } from '../../../src/loop/campaign/random.ts';

const START_MS = Date.UTC(2026, 5, 1);
const TAGS = { site: 'home-1', device: 'Cellar, left' };

function judged() {
  const broken: string[] = [];
  const server = new VirtualInflux(new Random(1));
  const disk = new VirtualDisk({ full: () => false, powerCut: () => false }, new Random(2));
  const check = (invariant: string, _atMs: number, holds: boolean) => {
    if (!holds) broken.push(invariant);
  };
  const oracle = new HistoryOracle(check, { disk, server, maxBytes: 1e6, startMs: START_MS });
  oracle.at(START_MS + 10_000);
  oracle.measured({
    point: { measurement: 'site', tags: TAGS, fields: { gridPowerW: 5, gridImportWh: 7 } },
    queue: 'data',
    atMs: START_MS,
  });
  return { broken, server, disk, oracle };
}

const line = (fields: string, atMs: number) => `site,device=Cellar\\,\\ left,site=home-1 ${fields} ${atMs}`;

test('what was measured may arrive, twice as well', () => {
  const { broken, server } = judged();
  const whole = line('gridPowerW=5,gridImportWh=7', START_MS);
  expect(server.answer([whole], { kind: 'takes' })).toMatchObject({ status: 204 });
  expect(server.answer([whole], { kind: 'takes-silently' })).toEqual({ kind: 'silent' });
  expect(server.points.size).toBe(1);
  expect(broken).toEqual([]);
});

test('a changed value, a point nobody measured and a time to come are seen', () => {
  const { broken, server } = judged();
  server.answer([line('gridPowerW=5,gridImportWh=8', START_MS)], { kind: 'takes' });
  expect(broken).toEqual(['I18']);
  server.answer([line('gridPowerW=5,gridImportWh=7', START_MS + 3_600_000)], { kind: 'takes' });
  expect(broken).toEqual(['I18', 'I22', 'I18']);
});

test('after a power cut every point that was safe is known, and its row is there', () => {
  const { broken, disk, oracle } = judged();
  oracle.safe('data');
  oracle.restarted();
  expect(broken).toEqual(['I17']);
  disk.commit({ ledger: { ...EMPTY_LEDGER, accepted: 1 } });
  oracle.restarted();
  expect(broken).toEqual(['I17', 'I17']);
});

test('a counter that falls is seen', () => {
  const { broken, server, oracle } = judged();
  for (const [atMs, wh] of [
    [START_MS, 7],
    [START_MS + 10_000, 6],
  ] as const) {
    const fields = { gridPowerW: 5, gridImportWh: wh };
    oracle.measured({ point: { measurement: 'site', tags: TAGS, fields }, queue: 'data', atMs });
    server.answer([line(`gridPowerW=5,gridImportWh=${wh}`, atMs)], { kind: 'takes' });
  }
  oracle.settled(EMPTY_LEDGER, 0);
  expect(broken).toEqual(['I20']);
});

test('what is called delivered has to be there', () => {
  const { broken, oracle } = judged();
  const ledger = { ...EMPTY_LEDGER, accepted: 1, delivered: 1 };
  oracle.look({ nowMs: START_MS + 20_000, ledger, pendingPoints: 0, calm: false });
  expect(broken).toContain('I16');
});

test('a batch with a bad line is answered with 400 or 422, and only 422 keeps the others', () => {
  for (let i = 0; i < 10; i += 1) {
    const server = new VirtualInflux(new Random(i));
    const answer = server.answer([line('gridPowerW=5', START_MS), `poison gridPowerW=1 ${START_MS}`], {
      kind: 'takes',
    });
    expect(server.points.size).toBe(answer.kind === 'status' && answer.status === 422 ? 1 : 0);
  }
});

test('a full disk changes nothing, and a power cut all or nothing', () => {
  let full = true;
  let cut = false;
  const disk = new VirtualDisk({ full: () => full, powerCut: () => cut }, new Random(3));
  expect(() => disk.commit({ ledger: EMPTY_LEDGER })).toThrow(DiskFull);
  expect(disk.ledger()).toBeNull();
  full = false;
  disk.commit({ ledger: EMPTY_LEDGER });
  cut = true;
  for (let i = 1; i <= 20; i += 1) {
    const before = disk.ledger()?.accepted;
    expect(() => disk.commit({ ledger: { ...EMPTY_LEDGER, accepted: i } })).toThrow(PowerCut);
    expect([before, i]).toContain(disk.ledger()?.accepted);
  }
});
