import { describe, expect, test } from '@jest/globals';
import { parseHome } from '../../src/home/home-file.ts';
import { MeterEye } from '../../src/home/meter-view.ts';
import { RunningHome } from '../../src/home/running-home.ts';

const HEAD = 'name: x\nzone: Europe/Berlin\nplace: { latitudeDeg: 50, longitudeDeg: 8 }\nobjects:\n';
/** Wednesday 2026-06-17, 00:00 in Berlin. */
const MIDNIGHT_MS = Date.parse('2026-06-16T22:00:00Z');
const at = (hours: number) => MIDNIGHT_MS + hours * 3_600_000;

function living(grid: string, more = '', startMs = MIDNIGHT_MS): RunningHome {
  const text = `${HEAD}  - { id: grid, kind: grid${grid} }\n  - { id: oven, kind: appliance, powerW: 6000, phase: all, on: true }\n${more}`;
  return new RunningHome(parseHome(text), startMs);
}

describe('the connection', () => {
  test.each([
    {
      what: 'a single outage',
      grid: ', outages: [{ at: "2026-06-17T01:00", minutes: 30 }]',
      offAt: 1.25,
      onAt: 1.55,
    },
    {
      what: 'load shedding',
      grid: ', loadShedding: [{ from: "01:00", to: "01:30", weekdays: [3] }]',
      offAt: 1.25,
      onAt: 1.55,
    },
  ])('has no voltage during $what, and has it again after it', ({ grid, offAt, onAt }) => {
    const home = living(grid);
    home.advanceTo(at(0.9), 1e6);
    expect(home.flows.gridW).toBeCloseTo(6000, 3);
    home.advanceTo(at(offAt), 1e6);
    expect(home.flows).toMatchObject({ gridOn: false, gridW: 0, supplied: false });
    home.advanceTo(at(onAt), 1e6);
    expect(home.flows.gridW).toBeCloseTo(6000, 3);
  });

  test('shed on other days is not shed today', () => {
    const home = living(', loadShedding: [{ from: "01:00", to: "01:30", weekdays: [4] }]');
    home.advanceTo(at(1.25), 1e6);
    expect(home.flows.gridOn).toBe(true);
  });

  test('a limiter bears ten seconds, cuts, and lets the home back after its time', () => {
    const home = living(', importLimitW: 5000, limiterResetS: 60');
    home.advanceTo(MIDNIGHT_MS + 9_000);
    expect(home.flows.gridW).toBeCloseTo(6000, 3);
    home.advanceTo(MIDNIGHT_MS + 15_000);
    expect(home.flows.gridOn).toBe(false);
    home.changeLoad('oven', { on: false });
    home.advanceTo(MIDNIGHT_MS + 90_000);
    expect(home.flows.gridOn).toBe(true);
  });

  test('is paid by its tariff, hour by hour', () => {
    const home = living(
      ', tariff: { importPricePerKwh: 0.3, exportPricePerKwh: 0.1, periods: [{ from: "01:00", to: "02:00", importPricePerKwh: 0.5 }] }',
    );
    expect(home.price()).toMatchObject({ importPricePerKwh: 0.3 });
    home.advanceTo(at(1.5), 1e6);
    expect(home.price()).toEqual({ importPricePerKwh: 0.5, exportPricePerKwh: 0.1 });
    home.advanceTo(at(3), 1e6);
    expect(home.costMoney).toBeCloseTo(6 * (0.3 + 0.5 + 0.3), 2);
  });

  test('goes on after a restart where it was', () => {
    const home = living(', importLimitW: 5000, limiterResetS: 600');
    home.advanceTo(MIDNIGHT_MS + 20_000);
    const saved = JSON.parse(JSON.stringify(home.saved()));
    const again = new RunningHome(home.home, 0, { saved });
    again.advanceTo(MIDNIGHT_MS + 60_000);
    expect(again.flows.gridOn).toBe(false);
    expect(again.costMoney).toBeGreaterThan(0);
  });
});

describe('the meter at the connection', () => {
  test('errs by its error, within its noise, on each phase', () => {
    const home = living('', '  - { id: m, kind: grid-meter, errorPct: 1, noiseW: 4 }\n');
    const eye = new MeterEye(home);
    const seen: number[] = [];
    for (let s = 1; s <= 120; s++) {
      home.advanceTo(MIDNIGHT_MS + s * 1000);
      const { phaseW, powerW } = eye.look();
      expect(powerW).toBeCloseTo(phaseW[0] + phaseW[1] + phaseW[2], 6);
      expect(Math.abs(phaseW[0] - 2020)).toBeLessThanOrEqual(4);
      seen.push(phaseW[0]);
    }
    expect(Math.max(...seen) - Math.min(...seen)).toBeGreaterThan(2);
  });

  test('shows what was true some time ago, and a phase wired backwards with the other sign', () => {
    const home = living('', '  - { id: m, kind: grid-meter, latencyMs: 5000, reversed: [L2] }\n');
    const eye = new MeterEye(home);
    const look = (s: number) => {
      home.advanceTo(MIDNIGHT_MS + s * 1000);
      return eye.look();
    };
    for (let s = 1; s <= 10; s++) expect(look(s).phaseW[1]).toBeCloseTo(-2000, 0);
    home.changeLoad('oven', { on: false });
    expect(look(14).powerW).toBeCloseTo(2000, 0);
    expect(look(15).powerW).toBeCloseTo(2000, 0);
    for (let s = 16; s <= 20; s++) look(s);
    expect(look(21).powerW).toBeCloseTo(0, 0);
  });
});

describe('objects that come and go while the home runs', () => {
  const rest =
    '  - { id: hybrid, kind: inverter, ratedW: 5000 }\n' +
    '  - { id: cells, kind: battery, inverter: hybrid, capacityWh: 5000, maxChargeW: 2500, maxDischargeW: 2500, initialSocPct: 80 }\n' +
    '  - { id: tank, kind: water-heater, powerW: 2000, initialTemperatureC: 40 }\n';

  test('what stays goes on as it was, what is new begins fresh, what is gone draws no more', () => {
    const home = living('', rest);
    home.advanceTo(at(0.5), 1e6);
    const [socBefore, tankBefore] = [home.socPct(0), home.state.loads[1]?.temperatureC ?? 0];
    expect(socBefore).toBeLessThan(80);
    expect(tankBefore).toBeGreaterThan(41);
    const more = parseHome(
      `${HEAD}  - { id: freezer, kind: fridge }\n  - { id: grid, kind: grid }\n${rest}  - { id: roof, kind: pv, inverter: hybrid, peakW: 4000 }\n`,
    );
    home.replaceHome(more);
    expect(home.socPct(0)).toBeCloseTo(socBefore, 6);
    expect(home.state.loads.map(({ temperatureC }) => temperatureC)).toEqual([5, tankBefore]);
    home.advanceTo(at(12), 1e6);
    expect(home.loadPowerW('oven')).toBe(0);
    expect(home.flows.inverters[0]?.pvDcPowerW).toBeGreaterThan(100);
  });
});

describe('an AC-coupled battery beside a PV inverter', () => {
  const pair =
    '  - { id: solar, kind: inverter, ratedW: 6000 }\n' +
    '  - { id: roof, kind: pv, inverter: solar, peakW: 6000 }\n' +
    '  - { id: store, kind: inverter, ratedW: 5000, coupling: ac }\n' +
    '  - { id: cells, kind: battery, inverter: store, capacityWh: 10000, maxChargeW: 4000, maxDischargeW: 4000, initialSocPct: 50 }\n';

  test('charges from what the sun leaves, gives it back at night, and the meter stays near zero', () => {
    const home = living('', pair, at(12));
    home.changeLoad('oven', { on: false });
    home.advanceTo(at(12.5), 1e6);
    expect(home.flows.inverters[0]?.acPowerW).toBeGreaterThan(500);
    expect(home.flows.inverters[1]?.batteryDcPowerW).toBeLessThan(-400);
    home.advanceTo(at(22), 1e6);
    home.changeLoad('oven', { on: true });
    home.advanceTo(at(22.1), 1e6);
    expect(home.flows.inverters[1]?.acPowerW).toBeGreaterThan(3500);
  });

  test('takes no array of its own', () => {
    const wrong = `${HEAD}  - { id: grid, kind: grid }\n${pair.replace('inverter: solar, peakW', 'inverter: store, peakW')}`;
    expect(() => parseHome(wrong)).toThrow(
      /store: mppInputs: is an AC-coupled battery inverter and takes no arrays/,
    );
  });
});
