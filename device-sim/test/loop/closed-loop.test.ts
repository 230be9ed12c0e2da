import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ClosedLoop, type LoopOptions } from '../../src/loop/closed-loop.ts';
import { readSiteFile } from '../../src/loop/installed-site.ts';
import { registerReader } from '../../src/loop/readings.ts';
import { defaultHome, HOMES_DIR, JUNE_MORNING_MS, peakHome } from '../home/homes.ts';

const WINTER_NIGHT_MS = Date.parse('2026-01-14T21:00:00Z');
const site = (name: string) =>
  readSiteFile('home-1', readFileSync(path.join(HOMES_DIR, `${name}.site.yaml`), 'utf8'));

function loopOf(change: Partial<LoopOptions> = {}): ClosedLoop {
  return new ClosedLoop({ home: defaultHome(), site: site('default'), startMs: JUNE_MORNING_MS, ...change });
}

function run(loop: ClosedLoop, seconds: number): string[] {
  const outcomes: string[] = [];
  for (let i = 0; i < seconds; i += 1) {
    for (const { actuator, outcome, reason } of loop.cycle().decision?.outcomes ?? []) {
      outcomes.push(`${actuator} ${outcome} ${reason.code}`);
    }
  }
  return outcomes;
}

describe('the closed loop', () => {
  test('is the same run twice for the same arguments, and another one for another seed', () => {
    const trace = (seed: number) => {
      const loop = loopOf({ home: { ...defaultHome(), seed } });
      run(loop, 3600);
      return loop.trace.digest();
    };
    expect(trace(1)).toBe(trace(1));
    expect(trace(1)).not.toBe(trace(2));
  });

  test('starts loads on a sunny morning, and the meter sees them', () => {
    const loop = loopOf();
    const outcomes = run(loop, 4 * 3600);
    expect(outcomes).toContain('load:pool-heater on surplus-on');
    expect(
      loop.running.isClosed('pool-heater') || outcomes.includes('load:pool-heater off surplus-ended'),
    ).toBe(true);
  });

  test('decides alike whether it reads the home directly or through registers', () => {
    const direct = loopOf();
    const wired = loopOf({ reader: registerReader });
    const [a, b] = [run(direct, 1800), run(wired, 1800)];
    expect(b).toEqual(a);
  });

  test('sheds the pool heater for a peak and brings it back afterwards', () => {
    const loop = new ClosedLoop({ home: peakHome(), site: site('peak'), startMs: WINTER_NIGHT_MS });
    run(loop, 180);
    expect(loop.running.isClosed('pool-heater')).toBe(true);
    loop.running.changeLoad('oven', { on: true });
    loop.running.changeLoad('space-heater', { on: true });
    const shed = run(loop, 30);
    expect(shed.some((line) => line.startsWith('home peak'))).toBe(true);
    expect(loop.running.isClosed('pool-heater')).toBe(false);
    loop.running.changeLoad('oven', { on: false });
    loop.running.changeLoad('space-heater', { on: false });
    run(loop, 600);
    expect(loop.running.isClosed('pool-heater')).toBe(true);
  });

  test('leaves every relay and the battery in their safe state when the box dies', () => {
    const loop = new ClosedLoop({ home: peakHome(), site: site('peak'), startMs: WINTER_NIGHT_MS });
    run(loop, 180);
    expect(loop.running.isClosed('pool-heater')).toBe(true);
    expect(loop.running.orders[0]?.registers.controlBits).toBe(3);
    loop.stopBox();
    run(loop, 91);
    expect(loop.running.isClosed('pool-heater')).toBe(false);
    expect(loop.running.orders[0]?.registers.controlBits).toBe(0);
  });
});
