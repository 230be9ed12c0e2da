import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HomeModel } from '../../src/home/home-model.ts';
import type { HomeFlows, HomeState } from '../../src/home/home-state.ts';
import { LocalClock } from '../../src/home/local-time.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from './homes.ts';

/** What the home's books say over a whole run: sources, sinks and what is stored. */
function missingJ(model: HomeModel, first: HomeState, last: HomeState): number {
  const { totals } = last;
  const storedJ = model.storedJ(last) - model.storedJ(first);
  return totals.sunJ + totals.gridInJ - totals.gridOutJ - totals.heatJ - totals.usedJ - storedJ;
}

test('the books close in every step and over any run, whatever is switched and ordered', () => {
  const home = defaultHome();
  const model = new HomeModel(home);
  const clock = new LocalClock(home.zone);
  const order = fc.record({
    dtS: fc.constantFrom(0.1, 1, 7, 60),
    closed: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
    bound: fc.integer({ min: -5000, max: 5000 }),
    force: fc.boolean(),
    gridCharge: fc.boolean(),
    gridOn: fc.boolean(),
    appliances: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 365 * 24 }),
      fc.array(order, { minLength: 5, maxLength: 60 }),
      (hour, orders) => {
        const first = model.first(JUNE_MORNING_MS + hour * 3_600_000);
        let state = first;
        let movedJ = 0;
        for (const { dtS, closed, bound, force, gridCharge, gridOn, appliances } of orders) {
          const window = force
            ? { minPowerW: bound, maxPowerW: bound, gridCharge }
            : { minPowerW: Math.min(0, bound), maxPowerW: Math.max(0, bound), gridCharge };
          const loads = state.loads.map((load, i) =>
            model.loads[i]?.kind === 'appliance' ? { ...load, on: appliances } : load,
          );
          const step = model.step(
            { ...state, loads },
            { dtS, gridOn, local: clock.at(state.nowMs), closed, windows: [window], measured: null },
          );
          state = step.state;
          movedJ += step.flows.movedJ;
          expect(Math.abs(step.flows.residualJ)).toBeLessThanOrEqual(1e-9 * step.flows.movedJ + 1e-3);
          expectPhasesToAddUp(step.flows);
        }
        expect(Math.abs(missingJ(model, first, state))).toBeLessThanOrEqual(1e-6 * movedJ + 1);
      },
    ),
    { numRuns: 60 },
  );
});

function expectPhasesToAddUp(flows: HomeFlows): void {
  const sum = flows.gridPhaseW[0] + flows.gridPhaseW[1] + flows.gridPhaseW[2];
  expect(Math.abs(sum - flows.gridW)).toBeLessThan(1e-6);
}

test('a day of the default home closes its books to a millionth', () => {
  const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
  const first = home.state;
  home.advanceTo(JUNE_MORNING_MS + 300_000, 1e6);
  for (let at = 600_000; at <= 86_400_000; at += 300_000) home.advanceTo(JUNE_MORNING_MS + at, 1e6);
  const { totals } = home.state;
  expect(totals.sunJ).toBeGreaterThan(20 * 3.6e6);
  const movedJ = totals.sunJ + totals.gridInJ + totals.gridOutJ;
  expect(Math.abs(missingJ(home.model, first, home.state))).toBeLessThan(1e-6 * movedJ);
});

describe('in an outage', () => {
  const night = Date.parse('2026-01-14T23:00:00Z');

  test('an inverter with backup feeds the house from the battery', () => {
    const home = new RunningHome(defaultHome(), night);
    home.setGrid(false);
    home.advanceTo(night + 10_000);
    expect(home.flows.supplied).toBe(true);
    expect(Math.abs(home.flows.gridW)).toBeLessThan(1e-6);
    expect(home.loadPowerW('household')).toBeGreaterThan(50);
    expect(home.flows.inverters[0]?.batteryDcPowerW).toBeGreaterThan(50);
  });

  test('the house is dark when it asks for more than the inverter can give', () => {
    const home = new RunningHome(defaultHome(), night);
    home.setGrid(false);
    home.changeLoad('space-heater', { on: true });
    home.changeLoad('oven', { on: true });
    home.advanceTo(night + 10_000);
    expect(home.flows.supplied).toBe(false);
    expect(home.loadPowerW('oven')).toBe(0);
  });
});
