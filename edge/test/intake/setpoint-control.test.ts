import { expect, test } from '@jest/globals';
import { SetpointControl } from '../../src/intake/setpoint-control.ts';
import type { BookNow } from '../../src/setpoint/book.ts';
import { coreSettings } from '../../src/settings/core-settings.ts';
import { siteSettings } from '../../src/settings/site-settings.ts';
import { ALLOWANCE, KEYS, ports, signed, T0 } from '../setpoint/signed-setpoints.ts';

const homeCore = coreSettings(
  'home-1',
  siteSettings.parse({ name: 'Home', zone: 'Europe/Berlin', grid: { fuseA: 25 } }),
);
const MINUTE_MS = 60_000;
const at = (ms: number) => ({ monoMs: ms, wallMs: T0 + ms });

/** A disk that outlives the boxes it is given to. */
function disk() {
  const saves: string[] = [];
  return {
    saves,
    loadState: async () => saves.at(-1) ?? null,
    saveState: async (_: string, json: string) => {
      saves.push(json);
      return 'durable' as const;
    },
  };
}

const started = (store: ReturnType<typeof disk>, challenge: string, now: BookNow = at(0)) => {
  const taken: number[] = [];
  const options = {
    ...{ siteId: 'home-1', core: homeCore, planPolicy: 'advise' as const, allowance: ALLOWANCE },
    ...{ keys: KEYS, isSigned: ports.isSigned, challenge, store },
    answer: async () => true,
    onTaken: () => taken.push(1),
  };
  return SetpointControl.open(options, now).then((control) => ({ control, taken }));
};

test('a set-point is folded into the settings at once, and taken out of them at its end', async () => {
  const { control, taken } = await started(disk(), 'boot-1');
  expect(control.effective(at(0)).core).toBe(homeCore);
  await control.receive(signed(), 'portal', at(1_000));
  expect(control.effective(at(2_000)).core.peak.thresholdW).toBe(7000);
  expect(control.lastSeqs).toEqual({ portal: 1, operator: 0 });
  expect(taken).toHaveLength(1);
  expect(control.effective(at(61 * MINUTE_MS)).core).toEqual(homeCore);
});

test('the settings stay the same object while nothing changes: nobody need compare them', async () => {
  const { control } = await started(disk(), 'boot-1');
  await control.receive(signed(), 'portal', at(1_000));
  expect(control.effective(at(2_000))).toBe(control.effective(at(3_000)));
});

test('the time left is written down every five minutes while something holds, and only then', async () => {
  const store = disk();
  const { control } = await started(store, 'boot-1');
  for (let minute = 0; minute <= 20; minute += 1) control.effective(at(minute * MINUTE_MS));
  expect(store.saves).toHaveLength(0);
  await control.receive(signed(), 'portal', at(20 * MINUTE_MS));
  for (let minute = 21; minute <= 36; minute += 1) control.effective(at(minute * MINUTE_MS));
  expect(store.saves).toHaveLength(1 + 3);
});

test('a box that starts without the time goes on from the time left that was written down', async () => {
  const store = disk();
  const before = await started(store, 'boot-1');
  await before.control.receive(signed(), 'portal', at(0));
  before.control.effective(at(50 * MINUTE_MS));
  const untimed = (ms: number) => ({ monoMs: ms, wallMs: null });
  const { control } = await started(store, 'boot-2', untimed(0));
  expect(control.effective(untimed(9 * MINUTE_MS)).core.peak.thresholdW).toBe(7000);
  expect(control.effective(untimed(11 * MINUTE_MS)).core.peak.thresholdW).toBe(homeCore.peak.thresholdW);
});
