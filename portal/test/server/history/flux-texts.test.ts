/** Every Flux text the portal and the roll-up tasks can make is checked by InfluxData's own language server. */
import { describe, expect, test } from '@jest/globals';
import { decisionSegments } from '../../../server/history/flux/decision-segments.ts';
import {
  coverageFlux,
  decisionsFlux,
  extentFlux,
  increasesFlux,
  peakFlux,
  presenceFlux,
  seriesFlux,
} from '../../../server/history/flux/flux-queries.ts';
import { DAY_FIELDS } from '../../../server/history/history-day.ts';
import { RESOLUTIONS } from '../../../server/history/resolution.ts';
import {
  finePlan,
  type Reach,
  ROLL_UPS,
  seriesPlan,
  totalPlan,
} from '../../../server/history/roll-ups/levels.ts';
import { rollUpOnce, rollUpTasks } from '../../../server/history/roll-ups/tasks.ts';
import { fluxMistakes } from './flux-check.ts';

const H = 3_600_000;
const D = 24 * H;
const nowMs = Date.parse('2026-06-10T12:34:56Z');
const reaches: Record<string, Reach> = {
  'with roll-ups': { nowMs, rollUps: ROLL_UPS },
  'with raw values only': { nowMs, rollUps: [] },
};
const bucket = 'wattward';
const site = 'home-1';
const COUNTERS = ['gridImportWh', 'pvWh'];
const MONEY = ['savingsMoney'];
/** What Flux would put in by itself. */
const hole = ['$', '{r.site}'].join('');
const evil = `x") or true or r.site == ("\\ ${hole} \n`;

test.each([
  ['an unknown function', 'from(bucket: "a") |> rangee(start: -1h)', '1:22 undefined identifier rangee'],
  ['a missing import', 'x = date.truncate(t: -1h, unit: 1h)', 'undefined identifier date'],
  [
    'a wrong type',
    'from(bucket: "a") |> range(start: -1h) |> limit(n: "x")',
    'expected int but found string',
  ],
  ['a wrong argument', 'from(bucket: "a") |> range(start: -1h) |> difference(resets: true)', 'resets'],
  ['broken syntax', 'from(bucket: "a") |> filter(fn: (r) => r.x == )', 'invalid'],
])('the checker finds %s', async (_what, text, message) => {
  expect((await fluxMistakes(text)).join()).toContain(message.replace(/^1:22 /, ''));
});

/** Every shape of question: each resolution, ages of a range from now to two years, cut odd and even. */
function questions(reach: Reach): Map<string, string> {
  const texts = new Map<string, string>([['presence', presenceFlux(bucket)]]);
  const rolled = reach.rollUps.at(-1) ?? null;
  texts.set('extent', extentFlux(bucket, evil, rolled));
  for (const ageDays of [0, 1, 20, 40, 120, 700]) {
    for (const oddMs of [0, 15 * 60_000, 7 * 60_000, 1234]) {
      const toMs = nowMs - ageDays * D + oddMs;
      for (const { upToMs, stepMs } of RESOLUTIONS) {
        const fromMs = Math.floor((toMs - upToMs) / Math.min(stepMs, H)) * Math.min(stepMs, H) + oddMs;
        const query = { site, fromMs, toMs, stepMs, fields: DAY_FIELDS };
        texts.set(
          `series ${ageDays} d, ${stepMs} ms, +${oddMs}`,
          seriesFlux(bucket, query, seriesPlan(query, reach)),
        );
        for (const fields of [COUNTERS, MONEY, [...COUNTERS, ...MONEY]]) {
          const segments = totalPlan(query, reach);
          const text = increasesFlux(bucket, { ...query, fields }, { segments, rolled });
          texts.set(`increases ${ageDays} d, ${stepMs} ms, +${oddMs} of ${fields}`, text);
        }
        const grid = { ...query, field: 'gridPowerW' };
        const fine = finePlan(query, reach);
        texts.set(`peak ${ageDays} d, ${stepMs} ms, +${oddMs}`, peakFlux(bucket, grid, fine));
        texts.set(`coverage ${ageDays} d, ${stepMs} ms, +${oddMs}`, coverageFlux(bucket, grid, fine));
      }
    }
  }
  for (const actuator of [undefined, 'home', evil]) {
    for (const after of [null, { atMs: nowMs - 3 * D, actuator: evil }]) {
      for (const [i, segment] of decisionSegments({ after }, reach).entries()) {
        texts.set(
          `decisions ${actuator} ${after?.atMs} ${i}`,
          decisionsFlux(bucket, { site, actuator, after, limit: 50 }, segment),
        );
      }
    }
  }
  return texts;
}

/** Texts that differ only in their numbers are one shape. */
const shapeOf = (text: string) =>
  text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-01T00:00:00Z').replace(/\d+ms/g, '1ms');

describe.each(Object.entries(reaches))('questions %s', (_name, reach) => {
  const shapes = new Map([...questions(reach)].map(([name, text]) => [shapeOf(text), { name, text }]));

  test('are sound Flux, each shape of them', async () => {
    const mistakes: string[] = [];
    for (const { name, text } of shapes.values()) {
      for (const mistake of await fluxMistakes(text)) mistakes.push(`${name}: ${mistake}\n${text}`);
    }
    expect(mistakes).toEqual([]);
    expect(shapes.size).toBeGreaterThan(15);
  });
});

describe('tasks', () => {
  const input = { bucket, org: `house "one" ${hole}` };
  const tasks = rollUpTasks(input);

  test.each(tasks.map(({ name, flux }) => [name, flux]))('%s is sound Flux', async (_name, flux) => {
    expect(await fluxMistakes(flux)).toEqual([]);
  });

  test('a roll-up run once over a range is sound Flux', async () => {
    for (const flux of rollUpOnce(input, { fromMs: nowMs - D, toMs: nowMs })) {
      expect(await fluxMistakes(flux)).toEqual([]);
    }
  });

  test('every level has tasks for what is fresh and for what came late, with names of their own', () => {
    for (const { suffix } of ROLL_UPS) {
      const into = tasks.filter(({ flux }) => flux.includes(`to(bucket: "wattward${suffix}"`));
      expect(into.length).toBeGreaterThanOrEqual(2);
    }
    expect(new Set(tasks.map(({ name }) => name)).size).toBe(tasks.length);
  });

  test('no roll-up is made from a part of its values: ranges begin at whole hours', () => {
    for (const { flux } of tasks) expect(flux).toMatch(/^begin = time\(v: \(nowNs \/ (?:hour|day) - \w+\)/m);
  });

  test('no two results of a script have one name', () => {
    for (const { flux } of tasks) {
      const names = [...flux.matchAll(/yield\(name: "([^"]+)"\)/g)].map(([, name]) => name);
      expect(names.length).toBeGreaterThan(0);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

test('what comes from outside stays inside its quotes', async () => {
  const segment = {
    level: { name: 'raw', suffix: '', stepMs: 1, keptMs: null },
    fromMs: nowMs - D,
    toMs: nowMs,
  } as const;
  const range = { site: evil, fromMs: segment.fromMs, toMs: segment.toMs };
  const texts = [
    seriesFlux('b', { ...range, fields: [evil], stepMs: 60_000 }, [segment]),
    increasesFlux('b', { ...range, fields: [evil] }, { segments: [segment], rolled: null }),
    decisionsFlux('b', { site: evil, actuator: evil, after: null, limit: 5 }, segment),
    peakFlux('b', { ...range, field: evil }, [segment]),
  ];
  for (const text of texts) {
    expect(await fluxMistakes(text)).toEqual([]);
    expect(text).toContain('\\") or true or r.site == (\\"');
    expect(text).toContain(`\\${hole}`);
    expect(text.replaceAll('\\"', '')).not.toMatch(/"[^"]*"\) or true/);
  }
});
