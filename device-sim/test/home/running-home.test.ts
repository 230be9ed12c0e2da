import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RunningHome } from '../../src/home/running-home.ts';
import { loadState, saveState } from '../../src/home/saved-home.ts';
import { NO_ORDER, ordered, reverted, windowOf } from '../../src/home/storage-order.ts';
import { defaultHome, JUNE_MORNING_MS, peakHome } from './homes.ts';

describe('a running home', () => {
  test('makes power from the sun by day and none by night', () => {
    const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    home.advanceTo(JUNE_MORNING_MS + 10_000);
    expect(home.flows.inverters[0]?.pvDcPowerW).toBeGreaterThan(300);
    const night = Date.parse('2026-06-15T23:00:00Z');
    const dark = new RunningHome(defaultHome(), night);
    dark.advanceTo(night + 10_000);
    expect(dark.flows.inverters[0]?.pvDcPowerW).toBe(0);
  });

  test('holds no more than fits when its battery or car is made smaller', () => {
    const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    home.setSoc('home-battery', 80);
    home.replaceHome({
      ...home.home,
      objects: home.home.objects.map((object) => {
        if (object.kind === 'battery') return { ...object, capacityWh: object.capacityWh / 2 };
        return object.kind === 'ev' ? { ...object, batteryWh: object.batteryWh / 4 } : object;
      }),
    });
    expect(home.socPct(0)).toBeCloseTo(100, 9);
    const car = home.model.loads.findIndex(({ kind }) => kind === 'ev');
    expect(home.state.loads[car]?.storedJ).toBeCloseTo((52_000 / 4) * 3600, 3);
  });

  test('draws through a relay only while it is closed', () => {
    const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    home.advanceTo(JUNE_MORNING_MS + 1000);
    expect(home.loadPowerW('pool-heater')).toBe(0);
    home.setRelay('pool-heater', true);
    home.advanceTo(JUNE_MORNING_MS + 2000);
    expect(home.loadPowerW('pool-heater')).toBe(2100);
    expect(home.flows.gridPhaseW[2] - home.flows.gridPhaseW[1]).toBeCloseTo(2100, 6);
  });

  test('meets the same weather and people in whatever steps it is run', () => {
    const fine = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    const coarse = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    for (let at = 100; at <= 60_000; at += 100) fine.advanceTo(JUNE_MORNING_MS + at);
    coarse.advanceTo(JUNE_MORNING_MS + 60_000);
    expect(fine.state.nowMs).toBe(coarse.state.nowMs);
    expect(fine.state.totals.sunJ / coarse.state.totals.sunJ).toBeCloseTo(1, 2);
  });

  test('passes a long gap in minutes and skips a very long one', () => {
    const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    expect(home.advanceTo(JUNE_MORNING_MS + 8 * 3_600_000)).toBe(true);
    const far = JUNE_MORNING_MS + 100 * 86_400_000;
    expect(home.advanceTo(far)).toBe(true);
    expect(home.state.nowMs).toBe(far);
  });

  test('of the peak scenario begins in a winter night with a battery that must not discharge', () => {
    const night = Date.parse('2026-01-14T21:00:00Z');
    const home = new RunningHome(peakHome(), night);
    home.advanceTo(night + 60_000);
    expect(home.socPct(0)).toBeGreaterThan(33);
    expect(home.socPct(0)).toBeLessThan(35);
    home.orderStorage(0, { controlBits: 3, dischargeRatePct: 0, chargeRatePct: 100, revertS: 900 });
    home.advanceTo(night + 62_000);
    const baseW = home.flows.gridW;
    expect(baseW).toBeGreaterThan(150);
    expect(baseW).toBeLessThan(600);
    home.changeLoad('oven', { on: true });
    home.changeLoad('space-heater', { on: true });
    home.setRelay('pool-heater', true);
    home.advanceTo(night + 64_000);
    expect(home.flows.gridW - baseW).toBeGreaterThan(12_000);
    // Under the main fuse all the same: this is a matter of money, not of safety.
    for (const amps of home.quality().currentA) expect(amps).toBeLessThan(25);
  });
});

describe('a storage order', () => {
  test('is forgotten when it is not renewed within its revert time', () => {
    const order = ordered(
      NO_ORDER,
      { revertS: 90, controlBits: 3, dischargeRatePct: 0, chargeRatePct: 50 },
      1000,
    );
    expect(reverted(order, 90_999)).toBe(order);
    const back = reverted(order, 91_000);
    expect(back.registers).toMatchObject({ controlBits: 0, dischargeRatePct: 100, revertS: 90 });
    expect(back.reverts).toBe(1);
  });

  test('bounds the battery on both sides, and demands where both lie on one', () => {
    const registers = { ...NO_ORDER.registers, controlBits: 3 };
    expect(windowOf({ ...registers, dischargeRatePct: 40, chargeRatePct: 20 }, 5000, 50)).toMatchObject({
      minPowerW: -1000,
      maxPowerW: 2000,
    });
    expect(
      windowOf({ ...registers, dischargeRatePct: -40, chargeRatePct: 40, gridChargeCode: 1 }, 5000, 50),
    ).toEqual({
      minPowerW: -2000,
      maxPowerW: -2000,
      gridCharge: true,
    });
  });

  test('never takes the battery below the inverter’s own reserve', () => {
    const registers = { ...NO_ORDER.registers, reservePct: 20 };
    expect(windowOf(registers, 5000, 20).maxPowerW).toBe(0);
    expect(windowOf(registers, 5000, 20.5).maxPowerW).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the saved state', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'home-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('lets a home go on where it ended', () => {
    const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    home.advanceTo(JUNE_MORNING_MS + 300_000);
    saveState(dir, { home: home.saved(), boards: {}, changes: [] });
    const saved = loadState(dir, home.home)?.saved;
    expect(saved).toBeDefined();
    const again = new RunningHome(defaultHome(), 0, saved ? { saved: saved.home } : {});
    expect(again.state).toEqual(home.state);
    home.advanceTo(JUNE_MORNING_MS + 400_000);
    again.advanceTo(JUNE_MORNING_MS + 400_000);
    expect(again.state).toEqual(home.state);
  });

  test('is not taken for a home of another shape', () => {
    const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
    saveState(dir, { home: home.saved(), boards: {}, changes: [] });
    const smaller = { ...defaultHome(), objects: defaultHome().objects.filter(({ id }) => id !== 'oven') };
    expect(loadState(dir, smaller)).toBeUndefined();
    expect(loadState(path.join(dir, 'nowhere'), home.home)).toBeUndefined();
  });
});
