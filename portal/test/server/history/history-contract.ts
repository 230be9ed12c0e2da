/**
 * What every keeper of history must do, whoever it is. Run by the embedded store always and by InfluxDB when one is
 * given. Each test has a site of its own, so that stores may be shared.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { dayRange } from '../../../server/history/day.ts';
import { DAY_FIELDS, historyDay } from '../../../server/history/history-day.ts';
import { historyRange } from '../../../server/history/history-range.ts';
import { decisionCursor, type HistoryStore } from '../../../server/history/store.ts';

export interface StoreUnderTest {
  readonly store: HistoryStore;
  /** Writes line protocol with ms timestamps as the box would. */
  readonly write: (site: string, lines: readonly string[]) => Promise<void>;
  /** Any time the store still keeps raw data for; epoch ms, at a full hour. */
  readonly baseMs: number;
  /** Lets weeks pass after what this site has written. @returns the store in which only roll-ups are left of it. */
  readonly age: (site: string) => Promise<HistoryStore>;
}

const MIN = 60_000;
const H = 60 * MIN;
let sites = 0;
const newSite = () => {
  sites += 1;
  return `s${Date.now().toString(36)}-${sites}`;
};
const power = (site: string, atMs: number, watts: number) => `site,site=${site} gridPowerW=${watts} ${atMs}`;
const counter = (site: string, atMs: number, wh: number) => `site,site=${site} gridImportWh=${wh} ${atMs}`;

export function historyContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let at: StoreUnderTest;
    beforeAll(async () => {
      at = await open();
    });

    const grid = async (site: string, fromMs: number, toMs: number, stepMs: number) => {
      const found = await at.store.series({ site, fields: ['gridPowerW'], fromMs, toMs, stepMs });
      return found.get('gridPowerW');
    };
    const imported = async (site: string, fromMs: number, toMs: number) => {
      const found = await at.store.increases({ site, fields: ['gridImportWh'], fromMs, toMs });
      return found.get('gridImportWh');
    };

    test.each([10_000, MIN, 15 * MIN, H])('means, lows and highs of steps of %d ms', async (stepMs) => {
      const site = newSite();
      const from = at.baseMs;
      const lines = Array.from({ length: 2 * 360 }, (_, i) => power(site, from + i * 10_000, i));
      await at.write(site, lines);
      const buckets = await grid(site, from, from + 2 * H, stepMs);
      const each = stepMs / 10_000;
      expect(buckets).toHaveLength((2 * H) / stepMs);
      for (const [n, bucket] of (buckets ?? []).entries()) {
        const first = n * each;
        expect(bucket).toEqual({
          atMs: from + n * stepMs,
          min: first,
          max: first + each - 1,
          mean: first + (each - 1) / 2,
        });
      }
    });

    test('a range is half-open, and what was not measured has no bucket', async () => {
      const site = newSite();
      const from = at.baseMs;
      await at.write(site, [power(site, from - 1, 1), power(site, from, 2), power(site, from + 2 * MIN, 3)]);
      const buckets = await grid(site, from, from + 2 * MIN, MIN);
      expect(buckets).toEqual([{ atMs: from, mean: 2, min: 2, max: 2 }]);
    });

    test('a site without data has no buckets, totals, peak, coverage, extent or decisions', async () => {
      const site = newSite();
      const range = { site, fromMs: at.baseMs, toMs: at.baseMs + H };
      expect(await grid(site, range.fromMs, range.toMs, MIN)).toEqual([]);
      expect(await imported(site, range.fromMs, range.toMs)).toBeNull();
      expect(await at.store.peak({ ...range, field: 'gridPowerW' })).toBeNull();
      expect(await at.store.coveredMinutes({ ...range, field: 'gridPowerW' })).toBe(0);
      expect(await at.store.extent(site)).toBeNull();
      expect(await at.store.decisions({ site, limit: 10 })).toEqual([]);
    });

    test('a point told twice counts once, a corrected one replaces the old', async () => {
      const site = newSite();
      const from = at.baseMs;
      const lines = [power(site, from, 100), power(site, from + 10_000, 200)];
      await at.write(site, lines);
      await at.write(site, lines);
      expect(await grid(site, from, from + H, H)).toEqual([{ atMs: from, mean: 150, min: 100, max: 200 }]);
      await at.write(site, [power(site, from + 10_000, 300)]);
      expect(await grid(site, from, from + H, H)).toEqual([{ atMs: from, mean: 200, min: 100, max: 300 }]);
    });

    test('late points, in any order, give the same as points in time', async () => {
      const [early, late] = [newSite(), newSite()];
      const from = at.baseMs;
      const values = [5, 9, 2, 7, 4, 8].map((value, i) => ({ atMs: from + i * 20 * MIN, value }));
      const lines = (site: string) =>
        values.flatMap(({ atMs, value }) => [power(site, atMs, value), counter(site, atMs, value * 10)]);
      await at.write(early, lines(early));
      for (const line of lines(late).reverse()) await at.write(late, [line]);
      expect(await grid(late, from, from + 2 * H, H)).toEqual(await grid(early, from, from + 2 * H, H));
      expect(await imported(late, from, from + 2 * H)).toBe(await imported(early, from, from + 2 * H));
    });

    test('a counter is exact across a reset, wherever the range is cut', async () => {
      const site = newSite();
      const from = at.baseMs;
      const values = [1000, 1010, 1025, 0, 4, 9];
      await at.write(
        site,
        values.map((wh, i) => counter(site, from + i * 10 * MIN, wh)),
      );
      expect(await imported(site, from, from + H)).toBe(10 + 15 + 0 + 4 + 5);
      const cuts = [0, 7, 10, 15, 23, 30, 31, 45, 60].map((minutes) => from + minutes * MIN);
      let sum = 0;
      for (const [i, cut] of cuts.slice(1).entries()) sum += (await imported(site, cuts[i] ?? 0, cut)) ?? 0;
      expect(sum).toBe(34);
    });

    test('what a counter rose during an outage belongs to the range where it became known', async () => {
      const site = newSite();
      const from = at.baseMs;
      await at.write(site, [counter(site, from - 5 * H, 100), counter(site, from + 30 * MIN, 160)]);
      expect(await imported(site, from - 6 * H, from)).toBe(0);
      expect(await imported(site, from, from + H)).toBe(60);
      expect(await imported(site, from + H, from + 2 * H)).toBeNull();
    });

    test('a total of money may fall without being a reset', async () => {
      const site = newSite();
      const from = at.baseMs;
      await at.write(
        site,
        [5, 4, 3].map((money, i) => `site,site=${site} savingsMoney=${money} ${from + i * MIN}`),
      );
      const found = await at.store.increases({
        site,
        fields: ['savingsMoney'],
        fromMs: from,
        toMs: from + H,
      });
      expect(found.get('savingsMoney')).toBe(-2);
    });

    test('the peak is the highest value, with its minute', async () => {
      const site = newSite();
      const from = at.baseMs;
      await at.write(site, [
        power(site, from, 500),
        power(site, from + 20 * MIN + 30_000, 7200),
        power(site, from + 40 * MIN, -9000),
      ]);
      const peak = await at.store.peak({ site, fromMs: from, toMs: from + H, field: 'gridPowerW' });
      expect(peak).toEqual({ value: 7200, atMs: from + 20 * MIN });
    });

    test('coverage counts the minutes that hold a value', async () => {
      const site = newSite();
      const from = at.baseMs;
      await at.write(
        site,
        [0, 10, 20, 70, 200].map((s) => power(site, from + s * 1000, 1)),
      );
      const range = { site, fromMs: from, toMs: from + H, field: 'gridPowerW' };
      expect(await at.store.coveredMinutes(range)).toBe(3);
    });

    test('a day in summer time ends where the next begins, with a bucket for each of its minutes', async () => {
      const site = newSite();
      const { day, fromMs, toMs } = dayRange(new Date(at.baseMs).toISOString().slice(0, 10), 'Europe/Berlin');
      await at.write(site, [power(site, fromMs, 1), power(site, toMs - 1, 2), power(site, toMs, 3)]);
      const shown = await historyDay(at.store, { id: site, zone: 'Europe/Berlin', nowMs: toMs + H }, day);
      const series = shown.series.find(({ field }) => field === 'gridPowerW');
      expect(series?.buckets).toHaveLength((toMs - fromMs) / MIN);
      expect(series?.buckets.filter(({ mean }) => mean !== null).map(({ mean }) => mean)).toEqual([1, 2]);
      expect(shown.nextDay).not.toBeNull();
      expect(shown.series.map(({ field }) => field)).toEqual([...DAY_FIELDS]);
    });

    test.each([23, 24, 25])(
      'a day of %d hours has a bucket a minute and all that was counted',
      async (hours) => {
        const site = newSite();
        const from = at.baseMs;
        const toMs = from + hours * H;
        const lines = [];
        for (let atMs = from; atMs < toMs; atMs += 15 * MIN) {
          lines.push(`site,site=${site} gridPowerW=1000,gridImportWh=${((atMs - from) / H) * 1000} ${atMs}`);
        }
        await at.write(site, [counter(site, from - 15 * MIN, 0), ...lines]);
        const shown = await historyRange(at.store, { site, fields: ['gridPowerW'], fromMs: from, toMs });
        expect(shown.stepS).toBe(60);
        expect(shown.series[0]?.buckets).toHaveLength(hours * 60);
        expect(await imported(site, from, toMs)).toBeCloseTo((hours - 0.25) * 1000, 6);
      },
    );

    test('a chart has at most 1,500 points and a point for every step, however long the range', async () => {
      const site = newSite();
      const toMs = at.baseMs + H;
      await at.write(site, [power(site, toMs - 1000, 1)]);
      for (const days of [0.01, 0.16, 0.17, 1, 1.05, 5, 15, 16, 60, 61, 366, 400, 1464, 3650, 7300, 15_000]) {
        const fields = ['gridPowerW'];
        const shown = await historyRange(at.store, { site, fields, fromMs: toMs - days * 24 * H, toMs });
        const buckets = shown.series[0]?.buckets ?? [];
        expect(buckets.length).toBeLessThanOrEqual(1500);
        const rangeS = (Date.parse(shown.to) - Date.parse(shown.from)) / 1000;
        expect(buckets.length).toBe(Math.ceil(rangeS / shown.stepS));
        expect(buckets.filter(({ mean }) => mean !== null)).toHaveLength(1);
      }
    });

    test('a part of a bucket shows what it has', async () => {
      const site = newSite();
      const from = at.baseMs;
      await at.write(site, [
        power(site, from + 59 * MIN, 40),
        power(site, from + H, 10),
        power(site, from + H + 1, 30),
      ]);
      expect(await grid(site, from, from + 2 * H, H)).toEqual([
        { atMs: from, mean: 40, min: 40, max: 40 },
        { atMs: from + H, mean: 20, min: 10, max: 30 },
      ]);
      const odd = from + 20 * MIN;
      expect(await grid(site, odd, odd + 2 * H, 2 * H)).toEqual([
        { atMs: odd, mean: 80 / 3, min: 10, max: 40 },
      ]);
    });

    test('the extent goes from the first to the last value', async () => {
      const site = newSite();
      const from = at.baseMs;
      await at.write(site, [
        power(site, from + 5 * MIN, 1),
        power(site, from, 2),
        power(site, from + MIN, 3),
      ]);
      expect(await at.store.extent(site)).toEqual({ firstMs: from, lastMs: from + 5 * MIN });
    });

    test('a card and its chart agree: the total of a day is the sum of its hours', async () => {
      const site = newSite();
      const { day, fromMs, toMs } = dayRange(new Date(at.baseMs).toISOString().slice(0, 10), 'Europe/Berlin');
      const lines = [];
      // Two resets, a gap of two hours, and values that do not fall on whole minutes.
      for (let i = 0; i < 24 * 60; i += 1) {
        const atMs = fromMs + i * MIN + ((i * 7919) % 50_000);
        const isGap = i > 600 && i < 720;
        if (!isGap) lines.push(counter(site, atMs, ((i + 100) % 700) * 3));
      }
      await at.write(site, lines);
      let hours = 0;
      for (let atMs = fromMs; atMs < toMs; atMs += H) hours += (await imported(site, atMs, atMs + H)) ?? 0;
      const shown = await historyDay(at.store, { id: site, zone: 'Europe/Berlin', nowMs: toMs + H }, day);
      expect(shown.totals.gridImportWh).toBe(hours);
      expect(shown.totals.pvWh).toBeNull();
    });

    test('when raw values are gone, roll-ups give the same charts and totals, resets and gaps included', async () => {
      const site = newSite();
      const from = at.baseMs;
      const lines = [];
      for (let i = 0; i < 6 * 60; i += 1) {
        // Twice a minute; begun anew within a minute, between two, and within an hour without values.
        const isGap = i >= 130 && i < 200;
        const wh = [2 * i, 2 * i + 1].map((n) => (n < 61 ? n : n < 240 ? n - 61 : n - 240) * 2);
        if (isGap) continue;
        lines.push(
          `site,site=${site} gridPowerW=${(i * 37) % 500},gridImportWh=${wh[0]},savingsMoney=${50 - i} ${from + i * MIN}`,
        );
        lines.push(
          `site,site=${site} gridPowerW=${(i * 11) % 900},gridImportWh=${wh[1]} ${from + i * MIN + 29_500}`,
        );
      }
      await at.write(site, lines);
      const questions = async (store: HistoryStore) => {
        const answers: unknown[] = [];
        for (const stepMs of [MIN, 5 * MIN, 15 * MIN, H, 6 * H]) {
          const found = await store.series({
            site,
            fields: ['gridPowerW'],
            fromMs: from,
            toMs: from + 6 * H,
            stepMs,
          });
          const buckets = found.get('gridPowerW') ?? [];
          answers.push(buckets.map((bucket) => ({ ...bucket, mean: bucket.mean.toFixed(6) })));
        }
        for (const [a, b] of [
          [0, 360],
          [1, 359],
          [14, 75],
          [29, 31],
          [30, 31],
          [60, 120],
          [131, 199],
          [100, 300],
        ] as const) {
          const range = { site, fromMs: from + a * MIN, toMs: from + b * MIN };
          answers.push([
            ...(await store.increases({ ...range, fields: ['gridImportWh', 'savingsMoney', 'pvWh'] })),
          ]);
          answers.push(await store.peak({ ...range, field: 'gridPowerW' }));
          answers.push(await store.coveredMinutes({ ...range, field: 'gridPowerW' }));
        }
        return answers;
      };
      const before = await questions(at.store);
      const aged = await at.age(site);
      expect(await aged.finestStepMs(site, from)).toBe(MIN);
      expect(await questions(aged)).toEqual(before);
      expect(before[5]).toEqual([
        ['gridImportWh', 60 * 2 + 178 * 2 + 479 * 2],
        ['savingsMoney', -359],
        ['pvWh', null],
      ]);
    });

    test('decisions come newest first, page without gap or repeat, and can be narrowed', async () => {
      const site = newSite();
      const from = at.baseMs;
      const reason = JSON.stringify({ rule: 'peak', code: 'peak-shed', params: { thresholdW: 9000 } });
      const lines = Array.from({ length: 25 }, (_, i) => {
        const actuator = i % 2 === 0 ? 'load:pool-heater' : 'home';
        const text = `outcome="off",code="peak-shed",reasonJson=${JSON.stringify(reason)},homeMode="peak"`;
        return `decision,actuator=${actuator},site=${site} seq=${i}i,${text} ${from + Math.floor(i / 2) * 1000}`;
      });
      await at.write(site, lines);
      await at.write(site, lines);
      const seen: number[] = [];
      let before: string | undefined;
      for (;;) {
        const page = await at.store.decisions({ site, limit: 10, ...(before ? { before } : {}) });
        seen.push(...page.map(({ seq }) => seq));
        const last = page.at(-1);
        if (page.length < 10 || !last) break;
        before = decisionCursor(last);
      }
      expect(seen).toHaveLength(25);
      expect(new Set(seen).size).toBe(25);
      const [first] = await at.store.decisions({ site, limit: 1, actuator: 'load:pool-heater' });
      expect(first).toEqual({
        at: new Date(from + 12_000).toISOString(),
        seq: 24,
        actuator: 'load:pool-heater',
        outcome: 'off',
        reason: { rule: 'peak', code: 'peak-shed', params: { thresholdW: 9000 } },
        homeMode: 'peak',
      });
      const within = await at.store.decisions({ site, limit: 99, fromMs: from + 2000, toMs: from + 4000 });
      expect(within.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual([4, 5, 6, 7]);
    });
  });
}
