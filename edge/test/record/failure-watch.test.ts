import { beforeEach, describe, expect, test } from '@jest/globals';
import { FailureWatch, watchDevices } from '../../src/record/failure-watch.ts';
import type { EventRecord } from '../../src/record/store.ts';
import type { Failure } from '../../src/registers/device-failure.ts';

const SILENT: Failure = { why: 'no answer within 800 ms', remedy: 'Check power and cable.' };
const UNPLUGGED: Failure = { why: 'there is no such file', remedy: 'Plug the adapter in.' };

let failure: Failure | null;
let told: EventRecord[];
let watch: FailureWatch;

beforeEach(() => {
  failure = null;
  told = [];
  watch = new FailureWatch(new Map([['grid-meter', { failure: () => failure }]]), (event) =>
    told.push(event),
  );
});

/** Looks once a second from `fromS` until before `toS`, with the device as `now` says. */
function looks(fromS: number, toS: number, now: Failure | null): void {
  failure = now;
  for (let s = fromS; s < toS; s += 1) watch.look(s * 1000);
}

const codes = () => told.map(({ code }) => code);

describe('a device that does not answer', () => {
  test('is told once, with cause and remedy, when it has failed for ten seconds', () => {
    looks(0, 10, SILENT);
    expect(told).toEqual([]);
    looks(10, 3_600, SILENT);
    expect(told).toEqual([
      { code: 'device-failed', severity: 'alarm', params: { device: 'grid-meter', ...SILENT } },
    ]);
    expect(watch.standing()).toEqual([{ device: 'grid-meter', ...SILENT }]);
  });

  test('is not told when single answers are lost', () => {
    for (let s = 0; s < 600; s += 10) {
      looks(s, s + 9, SILENT);
      looks(s + 9, s + 10, null);
    }
    expect(told).toEqual([]);
  });

  test('is over when it has answered for a minute, and only if it had been told', () => {
    looks(0, 20, SILENT);
    looks(20, 80, null);
    expect(codes()).toEqual(['device-failed']);
    looks(80, 82, null);
    expect(codes()).toEqual(['device-failed', 'device-back']);
    expect(watch.standing()).toEqual([]);
  });

  test('a loose plug is one failure, however often it comes and goes', () => {
    for (let s = 0; s < 3_600; s += 60) {
      looks(s, s + 30, SILENT);
      looks(s + 30, s + 60, null);
    }
    expect(codes()).toEqual(['device-failed']);
  });

  test('another cause is told too, at most once a minute; the newest stands', () => {
    looks(0, 20, SILENT);
    looks(20, 69, UNPLUGGED);
    expect(watch.standing()).toEqual([{ device: 'grid-meter', ...SILENT }]);
    looks(69, 80, UNPLUGGED);
    expect(watch.standing()).toEqual([{ device: 'grid-meter', ...UNPLUGGED }]);
    for (let s = 80; s < 680; s += 2) {
      looks(s, s + 1, SILENT);
      looks(s + 1, s + 2, UNPLUGGED);
    }
    expect(told.length).toBeLessThanOrEqual(2 + 10);
  });
});

test('an inverter that answers and takes no orders is told as well', () => {
  const refusal: Failure = { why: 'the battery cannot be ordered', remedy: 'Allow control over Modbus.' };
  const source = { failure: () => null, givenUp: () => refusal };
  const look = watchDevices(
    { meters: new Map(), inverters: new Map([['roof', { source }]]) },
    { saveState: async () => 'memory' },
    (event) => told.push(event),
  );
  for (let s = 0; s <= 10; s += 1) look(s * 1000);
  expect(told).toEqual([
    { code: 'device-failed', severity: 'alarm', params: { device: 'roof', ...refusal } },
  ]);
});
