import { expect, test } from '@jest/globals';
import { allocate } from '../../src/core/allocation.ts';
import type { Balance, LedgerSlot } from '../../src/core/decision.ts';
import { profitMoney } from '../../src/core/ledger.ts';
import { home, Run, type World } from './home.ts';

const balance = (gridPowerW: number, pvPowerW: number, batteryPowerW: number): Balance => ({
  gridPowerW,
  pvPowerW,
  batteryPowerW,
  managedLoadW: 0,
  houseLoadW: gridPowerW + pvPowerW + batteryPowerW,
});

test.each([
  { sentence: 'the grid alone', of: balance(500, 0, 0), flows: { gridToLoadW: 500 } },
  {
    sentence: 'sun to load and grid',
    of: balance(-2000, 3000, 0),
    flows: { solarToLoadW: 1000, solarToGridW: 2000 },
  },
  {
    sentence: 'sun to load, battery and grid',
    of: balance(-500, 4000, -2000),
    flows: { solarToLoadW: 1500, solarToBatteryW: 2000, solarToGridW: 500 },
  },
  {
    sentence: 'battery and grid help the sun',
    of: balance(300, 500, 1200),
    flows: { solarToLoadW: 500, batteryToLoadW: 1200, gridToLoadW: 300 },
  },
  {
    sentence: 'charging from the grid',
    of: balance(3500, 0, -3000),
    flows: { gridToBatteryW: 3000, gridToLoadW: 500 },
  },
  {
    sentence: 'selling from the battery',
    of: balance(-2500, 0, 3000),
    flows: { batteryToLoadW: 500, batteryToGridW: 2500 },
  },
  { sentence: 'an array that draws at night', of: balance(510, -10, 0), flows: { gridToLoadW: 510 } },
  { sentence: 'a sun that is read too late', of: balance(-3000, 2500, 0), flows: { solarToGridW: 3000 } },
])('the seven flows: $sentence', ({ of, flows }) => {
  const zero = {
    solarToLoadW: 0,
    solarToBatteryW: 0,
    solarToGridW: 0,
    batteryToLoadW: 0,
    batteryToGridW: 0,
    gridToLoadW: 0,
    gridToBatteryW: 0,
  };
  expect(allocate(of)).toEqual({ ...zero, ...flows });
});

test('what is not known is not allocated, and a home without an array has no sun', () => {
  const run = new Run(home({ batteries: [{}] }));
  for (const unknown of [{ gridW: 'stale' }, { pvW: 'fault' }, { batteryW: 'stale' }] as const) {
    const { decision } = run.step({ gridW: 100, ...unknown });
    expect(decision.allocation).toBeNull();
    expect(decision.balance.houseLoadW).toBeNull();
  }
  expect(run.step({ gridW: 100, pvW: 'absent' }).decision.allocation?.gridToLoadW).toBe(100);
});

/** Runs for some seconds and collects the slots that close. */
function slots(run: Run, seconds: number, world: World): LedgerSlot[] {
  const closed: LedgerSlot[] = [];
  for (let i = 0; i < seconds; i++) {
    const slot = run.step(world).decision.closedSlot;
    if (slot) closed.push(slot);
  }
  return closed;
}

test('energy and money are booked per quarter of an hour at its price', () => {
  const run = new Run(home());
  const closed = slots(run, 2000, { gridW: 2000, pvW: 1000 });
  expect(closed).toHaveLength(2);
  const [first, second] = closed;
  expect((second?.startMs ?? 0) - (first?.startMs ?? 0)).toBe(900_000);
  expect(second?.used.gridImportWh).toBeCloseTo(500, 6);
  expect(second?.used.solarToLoadWh).toBeCloseTo(250, 6);
  expect(second?.used.costMoney).toBeCloseTo(0.15, 9);
  expect(run.last?.decision.today.gridImportWh).toBeCloseTo((2000 * 1999) / 3600, 6);
});

test('export earns its price', () => {
  const run = new Run(home());
  run.run(3601, { gridW: -3000, pvW: 3500 });
  expect(run.last?.decision.today).toMatchObject({ gridImportWh: 0 });
  expect(run.last?.decision.today.costMoney).toBeCloseTo(-0.24, 3);
});

test('a day begins at local midnight', () => {
  const run = new Run(home());
  run.run(4 * 3600 - 10, { gridW: 1000 }, 10_000);
  run.run(9, { gridW: 1000 });
  expect(run.last?.decision.today.gridImportWh).toBeGreaterThan(3900);
  run.run(2, { gridW: 1000 });
  expect(run.last?.decision.today.gridImportWh).toBeLessThan(1);
});

test('a gap is not integrated over, and without a trusted clock no slot closes', () => {
  const run = new Run(home());
  run.step({ gridW: 1000 });
  run.step({ gridW: 1000 }, 60_000);
  expect(run.state.ledger.total.gridImportWh).toBe(0);
  expect(slots(run, 1000, { gridW: 1000, clockTrusted: false })).toEqual([]);
});

test('the mean price of what is stored follows what was paid; selling it shows as profit', () => {
  const run = new Run(home({ batteries: [{}] }));
  run.run(3601, { gridW: 5000, batteryW: -5000, socPct: 50 });
  const paid = run.state.ledger.storedPricePerKwh;
  expect(paid).toBeGreaterThan(0.08);
  expect(paid).toBeLessThan(0.3);
  run.run(3600, { gridW: -2000, batteryW: 2000, socPct: 50 });
  const { total } = run.state.ledger;
  expect(total.soldMoney).toBeCloseTo(0.16, 3);
  expect(profitMoney(total)).toBeCloseTo(0.16 - 2 * paid, 3);
});

test('a home whose box changed nothing has saved nothing', () => {
  const run = new Run(home());
  run.run(3600, { gridW: 1500, pvW: 500 });
  expect(run.last?.decision.today.savingsMoney).toBeCloseTo(0, 9);
});

test('shifting into cheaper hours saves what it shifts', () => {
  // A target due at 23:00 is wanted at once by the counterfactual, and served later by the real home.
  const run = new Run(
    home({ loads: [{ id: 'pool', nominalPowerW: 2000, target: { runMin: 60, deadline: '23:00' } }] }),
  );
  const startMs = run.nowMs;
  const hour = 3_600_000;
  const prices = [
    { startMs, endMs: startMs + 1.5 * hour, importPricePerKwh: 0.4, exportPricePerKwh: 0.05 },
    {
      startMs: startMs + 1.5 * hour,
      endMs: startMs + 9 * hour,
      importPricePerKwh: 0.2,
      exportPricePerKwh: 0.05,
    },
  ];
  run.run(3 * 3600 - 10, { gridW: 300, prices }, 10_000);
  expect(run.last?.decision.today.savingsMoney).toBeCloseTo(2 * 0.2, 2);
});

test('what a load still waits for is not saved yet', () => {
  const run = new Run(
    home({ loads: [{ id: 'pool', nominalPowerW: 2000, target: { runMin: 60, deadline: '23:00' } }] }),
  );
  run.run(1800, { gridW: 300 });
  expect(run.state.ledger.owedMoney).toBeCloseTo(0.3, 1);
  expect(run.last?.decision.today.savingsMoney).toBeCloseTo(0, 6);
});

test('energy never served is no saving but shown apart', () => {
  const run = new Run(
    home({ loads: [{ id: 'pool', nominalPowerW: 2000, target: { runMin: 60, deadline: '21:00' } }] }),
  );
  run.run(3601, { gridW: 8000 });
  const { total } = run.state.ledger;
  expect(total.unservedWh).toBeCloseTo(2000, -1);
  expect(run.state.ledger.savingsMoney).toBeCloseTo(0, 2);
});

test('what a shed load without a target is not given counts as unserved', () => {
  const run = new Run(home({ loads: [{ id: 'pool', nominalPowerW: 2100, use: 'always' }] }));
  run.run(200, { gridW: 300 });
  run.until((o) => !o.decision.loads[0]?.on, { gridW: 9000 });
  const before = run.state.ledger.total.unservedWh;
  run.run(60, { gridW: 9000 });
  expect(run.state.ledger.total.unservedWh - before).toBeCloseTo((2100 * 60) / 3600, 3);
});

test('the counterfactual battery supplies itself between reserve and ceiling', () => {
  const run = new Run(home({ batteries: [{ reservePct: 10 }] }));
  run.run(3600, { gridW: 2000, socPct: 50, batteryW: 0 }, 10_000);
  const after = run.state.ledger.counterfactualStoredWh ?? 0;
  expect(after).toBeLessThan(3000);
  expect(after).toBeGreaterThan(2800);
  run.run(7200, { gridW: 3000, socPct: 50, batteryW: 0 }, 10_000);
  expect(run.state.ledger.counterfactualStoredWh).toBeCloseTo(1000, -1);
  run.run(8 * 3600, { gridW: -4000, pvW: 4000, socPct: 50, batteryW: 0 }, 10_000);
  expect(run.state.ledger.counterfactualStoredWh).toBeCloseTo(10_000, -1);
});

test.each([
  { cycleS: 1, gapS: 10, booked: true },
  { cycleS: 1, gapS: 11, booked: false },
  { cycleS: 60, gapS: 60, booked: true },
  { cycleS: 60, gapS: 180, booked: true },
  { cycleS: 60, gapS: 181, booked: false },
])('at a pace of $cycleS s a gap of $gapS s is measured time: $booked', ({ cycleS, gapS, booked }) => {
  const run = new Run({ ...home(), cycleMs: cycleS * 1000 });
  run.step({ gridW: 1000 }, 1000);
  run.step({ gridW: 1000 }, gapS * 1000);
  expect(run.state.ledger.total.gridImportWh).toBeCloseTo(booked ? (1000 * gapS) / 3600 : 0, 9);
});
