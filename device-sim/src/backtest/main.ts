/**
 * `npm run backtest`: what a battery, a water heater that follows the sun, and the decisions of the box would have
 * meant for a measured home, against the home as it was.
 */
import { Command, InvalidArgumentError } from 'commander';
import { told } from '../told-failure.ts';
import type { BacktestBattery, BacktestHeater } from './plant.ts';
import { answers, type Question } from './question.ts';
import { answerLines } from './report.ts';
import { withRoof } from './roof.ts';
import { readSeries, type Series, since } from './series.ts';
import { SeriesError } from './series-error.ts';
import { stepOf } from './settle.ts';

interface Options {
  readonly csv: string;
  readonly battery?: { readonly capacityWh: number; readonly maxPowerW: number };
  readonly rules: boolean;
  readonly waterHeater?: BacktestHeater;
  readonly efficiency: number;
  readonly reserve: number;
  readonly startSoc?: number;
  readonly pv?: number;
  readonly place: readonly [number, number];
  readonly seed: number;
  readonly cloudiness: number;
  readonly weather?: string;
  readonly zone: string;
  readonly importPrice: number;
  readonly exportPrice: number;
  readonly year: boolean;
  readonly step: number;
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

function run(options: Options): void {
  const { zone } = options;
  const series = asked(readSeries(options.csv, zone), options);
  const tariff = { importPricePerKwh: options.importPrice, exportPricePerKwh: options.exportPrice };
  const longestStepMs = options.step * 1000;
  const question: Question = {
    home: { series, tariff, zone, longestStepMs },
    battery: options.battery ? batteryOf(options.battery, options) : null,
    heater: options.waterHeater ?? null,
    rules: options.rules,
  };
  for (const line of premises(series, question, options)) console.log(line);
  for (const answer of answers(question)) for (const line of answerLines(answer)) console.log(line);
}

function asked(whole: Series, options: Options): Series {
  const endMs = (whole.startMs[whole.length - 1] ?? 0) + whole.stepMs;
  const series = options.year ? since(whole, endMs - YEAR_MS) : whole;
  if (options.pv === undefined) return series;
  if (series.hasPv) {
    throw new SeriesError(`${options.csv} has a measured PV power.`, { remedy: 'Leave --pv out.' });
  }
  const [latitudeDeg, longitudeDeg] = options.place;
  const place = { latitudeDeg, longitudeDeg, altitudeM: 100 };
  const { pv, zone, seed, cloudiness, weather } = options;
  const sky = { seed, cloudiness, ...(weather === undefined ? {} : { weather }) };
  return withRoof(series, { peakW: pv * 1000, place, zone, ...sky });
}

function batteryOf(size: NonNullable<Options['battery']>, options: Options): BacktestBattery {
  const { reserve } = options;
  const efficiency = Math.sqrt(options.efficiency / 100);
  return { ...size, efficiency, reservePct: reserve, startPct: options.startSoc ?? reserve };
}

/** Everything the answer stands on. */
function premises(series: Series, { battery, heater }: Question, options: Options): string[] {
  const at = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  const endMs = (series.startMs[series.length - 1] ?? 0) + series.stepMs;
  const lines = [
    `${at(series.startMs[0] ?? 0)} to ${at(endMs)} UTC: ${series.length} rows of ${series.stepMs / 1000} s, ${series.missingRows} missing (left out: nothing flows, nothing is paid); settled in steps of ${stepOf(series.stepMs, options.step * 1000) / 1000} s`,
  ];
  if (series.unusedColumns.length > 0) lines.push(`columns not used: ${series.unusedColumns.join(', ')}`);
  for (const [name, column, price] of [
    ['import', series.importPricePerKwh, options.importPrice],
    ['export', series.exportPricePerKwh, options.exportPrice],
  ] as const) {
    const without = column.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
    if (without > 0) lines.push(`${name} price: ${price} per kWh in the ${without} rows that name none`);
  }
  if (options.pv !== undefined) {
    const yieldKwh =
      (series.pvW.reduce((sum, powerW) => sum + powerW, 0) * series.stepMs) / 3.6e9 / options.pv;
    const sky = options.weather
      ? `sky as in ${options.weather}`
      : `sky by seed ${options.seed} with cloudiness ${options.cloudiness}`;
    lines.push(
      `PV: simulated, ${options.pv} kWp to the equator at 35 degrees, at ${options.place.join(',')}, ${sky}: ${yieldKwh.toFixed(0)} kWh a kWp in these rows`,
    );
  } else if (!series.hasPv) lines.push('PV: none in the file (--pv KWP simulates a roof)');
  if (battery) {
    lines.push(
      `battery: ${battery.capacityWh / 1000} kWh, ${battery.maxPowerW / 1000} kW, ${options.efficiency} % there and back, reserve ${battery.reservePct} %`,
    );
  }
  if (heater) {
    lines.push(
      `water heater: assumed, beside the measured load: ${heater.energyWhPerDay / 1000} kWh a day at ${heater.powerW / 1000} kW, due by midnight`,
    );
  }
  lines.push(
    `counterfactual: the same load and the same sun, no battery${heater ? ', the heater runs from local midnight (when first wanted) until its day is served' : ''}`,
  );
  return lines;
}

function pair(text: string, example: string): [number, number] {
  const [a, b, ...more] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (a !== undefined && b !== undefined && more.length === 0 && Number.isFinite(a) && Number.isFinite(b)) {
    return [a, b];
  }
  throw new InvalidArgumentError(`Give two numbers with a comma, for example ${example}.`);
}

function size(text: string): { capacityWh: number; maxPowerW: number } {
  const [kWh, kW] = pair(text, '10,5');
  if (kWh > 0 && kW > 0) return { capacityWh: kWh * 1000, maxPowerW: kW * 1000 };
  throw new InvalidArgumentError('Capacity and power are above 0.');
}

function heaterOption(text: string): BacktestHeater {
  const [kWh, kW] = pair(text, '5,2');
  if (kWh > 0 && kW > 0 && kWh <= 24 * kW) return { energyWhPerDay: kWh * 1000, powerW: kW * 1000 };
  throw new InvalidArgumentError('Energy a day and power are above 0, and the energy fits into a day.');
}

function placeOption(text: string): [number, number] {
  const [latitude, longitude] = pair(text, '52.5,13.4');
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return [latitude, longitude];
  throw new InvalidArgumentError('Give latitude and longitude in degrees, north and east positive.');
}

function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a number from ${min} to ${max}.`);
  };
}

function zoneOption(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('Give an IANA zone such as Europe/Berlin.');
  }
}

const COLUMNS_HELP = `
The file: a header with time,loadW,pvW,pvForecastW,importPricePerKwh,exportPricePerKwh in any order, all but time and
loadW may be missing; ISO times of one step; powers are means over the row that begins at its time; an empty cell is
unknown. A directory of .csv or .csv.gz is read in order of names. Files of measured homes (REFIT, Ausgrid, Home
Assistant export) are known by their header.`;

await told(() =>
  new Command('backtest')
    .description('What a battery and the decisions of the box would have meant for a measured home.')
    .requiredOption('--csv <file>', 'measured home')
    .option('--battery <kWh,kW>', 'capacity and power', size)
    .option('--rules', 'also by the decisions of the box (its own code, in closed loop)', false)
    .option(
      '--water-heater <kWh,kW>',
      'energy a day and power of a heater beside the measured load',
      heaterOption,
    )
    .option('--efficiency <pct>', 'of the battery, there and back', between(20, 100), 90)
    .option('--reserve <pct>', 'that the battery keeps', between(0, 90), 10)
    .option('--start-soc <pct>', 'of the battery; its reserve when left out', between(0, 100))
    .option('--pv <kWp>', 'simulate a roof where the file has none', between(0.1, 1000))
    .option('--place <lat,lon>', 'of that roof', placeOption, [52.5, 13.4] as const)
    .option('--seed <n>', 'of its sky', between(0, 2 ** 31), 1)
    .option('--cloudiness <share>', 'of its sky, 0 to 1', between(0, 1), 0.8)
    .option('--weather <path>', 'measured sky of that roof: CSV file of DWD, PVGIS or Open-Meteo')
    .option('--zone <iana>', 'local time of the home, and of times without an offset', zoneOption, 'UTC')
    .option('--import-price <money>', 'per kWh, where the file has none', between(-1000, 1000), 0.25)
    .option('--export-price <money>', 'per kWh, where the file has none', between(-1000, 1000), 0.08)
    .option('--year', 'the last 365 days only', false)
    .option('--step <seconds>', 'longest step of settling and deciding', between(1, 3600), 60)
    .addHelpText('after', COLUMNS_HELP)
    .action(run)
    .parseAsync(),
);
