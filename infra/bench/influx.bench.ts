/**
 * The history on a real InfluxDB 2 where one is given (`INFLUX_URL`, `INFLUX_TOKEN`, `INFLUX_ORG`, `INFLUX_BUCKET`: a
 * bucket of its own): a home of a year's roll-ups, two raw days of the home and a raw day of every series it has, ten
 * seconds apart.
 */
import { InfluxDB } from '@influxdata/influxdb-client';
import { rollUpOnce, rollUpTasks } from '@wattward/portal/history/tasks';
import { openFluxHistory } from '@wattward/portal/testing/flux-history';
import { FIELDS, LINES } from '@wattward/portal/testing/history-fields';
import { findPlace, type Place, provisionBuckets } from '../influx/provision.ts';

const {
  INFLUX_URL: url = '',
  INFLUX_TOKEN: token = '',
  INFLUX_ORG: org = '',
  INFLUX_BUCKET: bucket = '',
} = process.env;
const isGiven = [url, token, org, bucket].every((value) => value !== '');
if (!isGiven)
  console.warn('no InfluxDB is given (INFLUX_URL, ...): what it is promised to answer is not measured');

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
/** Days that a night looks at. */
const PIECES = 29;
const STEP_MS = 10_000;
const SITE = 'bench-home';
const midnightMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const rawFromMs = midnightMs - 3 * DAY_MS;
const SIX = FIELDS.slice(0, 6);
const COUNTERS = FIELDS.filter((field) => field.endsWith('Wh') && !field.endsWith('Kwh')).slice(0, 5);

let filled: Promise<Place> | undefined;
const place = () => {
  filled ??= fill();
  return filled;
};

export const benches = !isGiven
  ? []
  : [
      {
        name: 'InfluxDB: six series over a year, p95',
        unit: 'ms',
        bar: { max: 150 },
        run: () => p95((store, range) => store.series({ ...range, fields: SIX, stepMs: 6 * HOUR_MS })),
      },
      {
        name: 'InfluxDB: five totals of a year, p95',
        unit: 'ms',
        bar: { max: 150 },
        run: () => p95((store, range) => store.increases({ ...range, fields: COUNTERS })),
      },
      {
        name: `InfluxDB: the roll-ups of a night, ${PIECES} days of which one is new, a home`,
        unit: 's',
        bar: { max: 10 },
        run: async () => (await aNight()).tookS,
      },
      {
        name: 'InfluxDB: memory of the largest piece, a home',
        unit: 'MB',
        bar: { max: 300 },
        run: async () => (await aNight()).mostMb,
      },
    ];

type Ask = (
  store: ReturnType<typeof openFluxHistory>,
  range: { readonly site: string; readonly fromMs: number; readonly toMs: number },
) => Promise<unknown>;

/** Of the calmest of five rounds: the machine may have other things to do. */
async function p95(ask: Ask): Promise<number> {
  await place();
  const store = openFluxHistory({ url, token, org, bucket });
  const range = { site: SITE, fromMs: midnightMs - YEAR_MS, toMs: midnightMs };
  let calmestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const timesMs: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const startMs = performance.now();
      await ask(store, range);
      timesMs.push(performance.now() - startMs);
    }
    calmestMs = Math.min(calmestMs, timesMs.sort((a, b) => a - b)[18] ?? Number.NaN);
  }
  return calmestMs;
}

interface Night {
  readonly tookS: number;
  readonly mostMb: number;
}

let night: Promise<Night> | undefined;
const aNight = () => {
  night ??= rollUpNight();
  return night;
};

/**
 * What a night does for a home: a day is new, in quarters and in minutes, the others are as they were; with InfluxDB's
 * own account of its memory. The same day stands for all.
 */
async function rollUpNight(): Promise<Night> {
  const { influx } = await place();
  const api = influx.getQueryApi(org);
  let mostBytes = 0;
  const tookS = async (flux: string) => {
    const [, imports = '', rest = ''] = /^((?:import [^\n]*\n)*)(.*)$/s.exec(flux) ?? [];
    const profiled = `import "profiler"\n${imports}option profiler.enabledProfilers = ["query"]\n${rest}`;
    const startMs = performance.now();
    const rows = await api.collectRows<Readonly<Record<string, string | number>>>(profiled);
    mostBytes = Math.max(mostBytes, ...rows.map((row) => Number(row.MaxAllocated ?? 0)));
    return (performance.now() - startMs) / 1000;
  };
  // The first piece of the night is the day before.
  const atNight = new Date(rawFromMs + DAY_MS + MINUTE_MS).toISOString();
  const ofNight = rollUpTasks({ bucket, org }).find(({ name }) => name.includes('15m nightly'))?.flux ?? '';
  const nightly = ofNight.replace('now()', atNight).replace('option task', 'task');
  const [minutes = '', quarters = ''] = rollUpOnce(
    { bucket, org },
    { fromMs: rawFromMs, toMs: rawFromMs + DAY_MS },
  );
  await tookS(nightly);
  const oldS: number[] = [];
  for (let i = 1; i < PIECES; i += 1) oldS.push(await tookS(nightly));
  const newS = (await tookS(minutes)) + (await tookS(quarters));
  return { tookS: newS + oldS.reduce((sum, one) => sum + one, 0), mostMb: mostBytes / 1e6 };
}

async function fill(): Promise<Place> {
  const there = await findPlace(new InfluxDB({ url, token, timeout: 120_000 }), org, bucket);
  await provisionBuckets(there);
  const write = async (into: string, lines: Iterable<string>) => {
    const api = there.influx.getWriteApi(org, into, 'ms', {
      batchSize: 20_001,
      flushInterval: 0,
      maxRetries: 0,
    });
    let count = 0;
    for (const line of lines) {
      api.writeRecord(line);
      count += 1;
      if (count % 20_000 === 0) await api.flush();
    }
    await api.close();
  };
  await write(`${bucket}_1h`, rolledYear());
  await write(bucket, rawDays());
  return there;
}

function* rolledYear(): Iterable<string> {
  for (let atMs = midnightMs - YEAR_MS; atMs < midnightMs; atMs += HOUR_MS) {
    const hour = (atMs / HOUR_MS) % 5000;
    const gauges = (factor: number) => SIX.map((field, i) => `${field}=${(hour + i) * factor}.5`).join(',');
    const counters = (value: number) => COUNTERS.map((field, i) => `${field}=${value + i}.25`).join(',');
    for (const [stat, factor] of [
      ['n', 1],
      ['sum', 360],
      ['min', 1],
      ['max', 3],
    ] as const) {
      yield `site,site=${SITE},stat=${stat} ${gauges(factor)} ${atMs}`;
    }
    yield `site,site=${SITE},stat=last ${counters(hour * 100)} ${atMs}`;
    yield `site,site=${SITE},stat=up ${counters(100)} ${atMs}`;
  }
}

function* rawDays(): Iterable<string> {
  for (let atMs = rawFromMs; atMs < midnightMs; atMs += STEP_MS) {
    const i = (atMs - rawFromMs) / STEP_MS;
    for (const { head, fields } of atMs < rawFromMs + DAY_MS ? LINES : LINES.slice(0, 1)) {
      const values = fields.map((field, f) => `${field}=${(i * 13 + f * 7) % 5000}.5`).join(',');
      yield `${head}${SITE} ${values} ${atMs}`;
    }
  }
}
