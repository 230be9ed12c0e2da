/** The numbers that people are promised, on the running system. */
import { expect, test } from '@jest/globals';
import type { Home } from '../../src/home/schema.ts';
import { ClosedLoop, type CycleRecord } from '../../src/loop/closed-loop.ts';
import { directReader } from '../../src/loop/readings.ts';
import { peakHome } from '../home/homes.ts';
import { siteOf } from './scenario.ts';

const NIGHT_MS = Date.parse('2026-01-14T21:00:00Z');

function withSoc(socPct: number): Home {
  const home = peakHome();
  const objects = home.objects.map((o) => (o.kind === 'battery' ? { ...o, initialSocPct: socPct } : o));
  return { ...home, objects };
}

function nightLoop(socPct = 34, site = siteOf('peak')): ClosedLoop {
  return new ClosedLoop({ home: withSoc(socPct), site, startMs: NIGHT_MS });
}

function run(loop: ClosedLoop, seconds: number, see: (record: CycleRecord) => void = () => undefined) {
  for (let i = 0; i < seconds; i += 1) see(loop.cycle());
}

function strong(loop: ClosedLoop, on: boolean): void {
  loop.running.changeLoad('oven', { on });
  loop.running.changeLoad('space-heater', { on });
}

const allowed = (record: CycleRecord) => record.decision?.batteries[0]?.dischargeAllowed;

test('the battery engages at 40.0 % and not a hundredth below', () => {
  for (const [socPct, engages] of [
    [39.99, false],
    [40.0, true],
  ] as const) {
    const loop = new ClosedLoop({
      home: withSoc(socPct),
      site: siteOf('peak'),
      startMs: NIGHT_MS,
      reader: (home) => {
        const direct = directReader(home);
        return {
          ...direct,
          inverter: (n, read) => {
            const readings = direct.inverter(n, read);
            return readings && { ...readings, socPct };
          },
        };
      },
    });
    run(loop, 60);
    expect(allowed(loop.cycle())).toBe(engages);
    expect(loop.running.flows.inverters[0]?.batteryDcPowerW ?? 0).toBeGreaterThan(engages ? 100 : -1);
    if (!engages) expect(loop.running.flows.inverters[0]?.batteryDcPowerW).toBeLessThanOrEqual(0);
  }
});

test('once engaged it goes on below 40 % and stops as soon as it falls below 35 %', () => {
  const loop = nightLoop(41);
  strong(loop, true);
  let lowestPct = 100;
  let stoppedAtPct = 0;
  run(loop, 2400, (record) => {
    const socPct = loop.running.socPct(0);
    if (allowed(record)) lowestPct = Math.min(lowestPct, socPct);
    else if (stoppedAtPct === 0 && lowestPct < 40) stoppedAtPct = socPct;
  });
  expect(lowestPct).toBeGreaterThanOrEqual(35);
  expect(lowestPct).toBeLessThan(35.05);
  expect(stoppedAtPct).toBeLessThan(35);
  expect(stoppedAtPct).toBeGreaterThan(34.9);
});

test('9.0 kW smoothed enters Peak Mode; a spike of one second does not', () => {
  const loop = nightLoop();
  run(loop, 180);
  const spike: string[] = [];
  strong(loop, true);
  run(loop, 1, ({ decision }) => spike.push(decision?.homeMode ?? ''));
  strong(loop, false);
  run(loop, 60, ({ decision }) => spike.push(decision?.homeMode ?? ''));
  expect(new Set(spike)).toEqual(new Set(['normal']));
  strong(loop, true);
  let belowW = 0;
  let enteredW = 0;
  run(loop, 30, ({ decision }) => {
    if (decision?.homeMode === 'peak') enteredW ||= decision.demand.demandW ?? 0;
    else if (enteredW === 0) belowW = decision?.demand.demandW ?? 0;
  });
  expect(belowW).toBeLessThanOrEqual(9000);
  expect(enteredW).toBeGreaterThan(9000);
});

test('loads are shed from the least important, and come back from the most important, one by one', () => {
  const site = siteOf('peak', ({ loads }) => ({
    loads: loads.map((load) => ({ ...load, use: 'always', kind: 'interruptible', target: null })),
  }));
  const loop = nightLoop(34, site);
  loop.running.changeLoad('water-heater', { temperatureC: 40 });
  run(loop, 900);
  const off: string[][] = [];
  const on: string[][] = [];
  const note = ({ decision }: CycleRecord) => {
    const moved = decision?.loads.filter(({ changed }) => changed) ?? [];
    const ids = (to: boolean) => moved.filter((load) => load.on === to).map(({ id }) => id);
    if (ids(false).length > 0) off.push(ids(false));
    if (ids(true).length > 0) on.push(ids(true));
  };
  loop.running.changeLoad('space-heater', { on: true });
  run(loop, 60, note);
  // The charger has no car, so the pool heater goes with it; then the water heater.
  expect(off.map((ids) => ids.toSorted())).toEqual([['ev-charger', 'pool-heater'], ['water-heater']]);
  expect(loop.running.isClosed('washing-machine')).toBe(true);
  loop.running.changeLoad('space-heater', { on: false });
  run(loop, 1800, note);
  // For the charger, 1.1 times 3.7 kW, there is no room below 8.1 kW.
  expect(on).toEqual([['water-heater'], ['pool-heater']]);
});

test('in an outage at 38 % the essential loads stay on and the others go', () => {
  const site = siteOf('peak', ({ loads }) => ({
    loads: loads.map((load) => ({ ...load, use: 'always', essential: load.id === 'pool-heater' })),
  }));
  const loop = nightLoop(38, site);
  loop.running.changeLoad('water-heater', { temperatureC: 40 });
  run(loop, 600);
  expect(loop.running.isClosed('water-heater')).toBe(true);
  loop.running.setGrid(false);
  run(loop, 5);
  let served = 0;
  run(loop, 1200, () => {
    if (loop.running.flows.supplied && loop.running.isClosed('pool-heater')) served += 1;
  });
  expect(served).toBe(1200);
  expect(loop.running.loadPowerW('pool-heater')).toBeGreaterThan(2000);
  expect(loop.running.isClosed('water-heater')).toBe(false);
  expect(loop.running.socPct(0)).toBeLessThan(38);
});

test('a battery at its reserve without sun is kept alive', () => {
  const loop = nightLoop(7.5);
  let chargedWith = 0;
  run(loop, 4 * 3600, ({ decision }) => {
    if (decision?.batteries[0]?.mode === 'charge-grid') chargedWith += 1;
  });
  expect(chargedWith).toBeGreaterThan(600);
  expect(loop.running.socPct(0)).toBeGreaterThan(8);
  const low = loop.running.socPct(0);
  run(loop, 3600);
  expect(loop.running.socPct(0)).toBeGreaterThan(low - 0.5);
});
