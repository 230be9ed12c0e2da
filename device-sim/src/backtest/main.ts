/**
 * `npm run backtest`: what a battery, the box's rules and a shifted water heater would have meant for a measured
 * home, against the home as it was measured.
 */
import { Command, InvalidArgumentError } from 'commander';
import { type BacktestBattery, POLICIES, type Policy } from './policy.ts';
import { readSeries, type Series, SeriesError } from './series.ts';
import { type Result, settle, type Tariff } from './settle.ts';
import { shiftIntoSurplus } from './shift.ts';

interface Options {
  readonly csv: string;
  readonly battery?: { readonly capacityWh: number; readonly maxPowerW: number };
  readonly rules: boolean;
  readonly shiftWater?: number;
  readonly importPrice: number;
  readonly exportPrice: number;
  readonly year: boolean;
}

const YEAR_MS = 365 * 86_400_000;
const HEATER_W = 2000;
/** Berlin and Paris in winter. */
const STANDARD_OFFSET_MS = 3_600_000;

function batteryOption(text: string): { capacityWh: number; maxPowerW: number } {
  const [kWh, kW] = text.split(',').map(Number);
  if (kWh !== undefined && kW !== undefined && kWh > 0 && kW > 0) {
    return { capacityWh: kWh * 1000, maxPowerW: kW * 1000 };
  }
  throw new InvalidArgumentError('Give capacity in kWh and power in kW, for example 10,5.');
}

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Give a number.');
}

function run(options: Options): void {
  const whole = readSeries(options.csv);
  const series = options.year ? lastYear(whole) : whole;
  const tariff = { importPricePerKwh: options.importPrice, exportPricePerKwh: options.exportPrice };
  const [first, last] = [series.rows[0], series.rows.at(-1)];
  if (!first || !last) throw new SeriesError(`${options.csv} holds nothing to compare.`);
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  console.log(
    `${date(first.startMs)} to ${date(last.startMs + series.stepMs)} UTC, ${series.rows.length} rows, ${series.missingRows} missing`,
  );
  const before = settle(series, tariff, null, null);
  console.log('Counterfactual: the same load and the same sun, no battery, nothing shifted.');
  line('as measured', before, before, tariff);
  if (options.shiftWater !== undefined) {
    const { series: shifted, movedWh } = shiftIntoSurplus(
      series,
      heater(options.shiftWater),
      STANDARD_OFFSET_MS,
    );
    console.log(
      `Water heater: ${options.shiftWater} kWh a day assumed to run from 0 to 6 h; ${kWh(movedWh)} kWh of it moved into the day's own surplus.`,
    );
    line('water heater shifted', settle(shifted, tariff, null, null), before, tariff);
    batteryLines(shifted, { options, tariff, before }, 'water heater shifted, ');
  }
  batteryLines(series, { options, tariff, before }, '');
}

interface Question {
  readonly options: Options;
  readonly tariff: Tariff;
  readonly before: Result;
}

function batteryLines(series: Series, { options, tariff, before }: Question, prefix: string): void {
  if (!options.battery) return;
  const battery: BacktestBattery = { ...options.battery, efficiency: 0.95, reservePct: 10 };
  const policies: Policy[] = [POLICIES['self-consumption'](battery)];
  if (options.rules) policies.push(POLICIES.rules(battery));
  for (const policy of policies) {
    line(`${prefix}battery, ${policy.name}`, settle(series, tariff, battery, policy), before, tariff);
  }
}

function heater(energyKwhPerDay: number) {
  return { energyWhPerDay: energyKwhPerDay * 1000, powerW: HEATER_W };
}

/** The last 365 days of the file. */
function lastYear(series: Series): Series {
  const endMs = (series.rows.at(-1)?.startMs ?? 0) + series.stepMs;
  const rows = series.rows.filter(({ startMs }) => startMs >= endMs - YEAR_MS);
  const missingRows = Math.max(0, Math.round(YEAR_MS / series.stepMs) - rows.length);
  return { ...series, rows, missingRows };
}

/** Energy left in the battery is worth what it could have been sold for. */
function line(name: string, result: Result, before: Result, tariff: Tariff): void {
  const leftMoney = (result.storedWh / 1000) * tariff.exportPricePerKwh;
  const savings = before.costMoney - result.costMoney + leftMoney;
  console.log(
    [
      name,
      `  cost ${result.costMoney.toFixed(2)}, saved ${savings.toFixed(2)}`,
      `  import ${kWh(result.importWh)} kWh, export ${kWh(result.exportWh)} kWh, load ${kWh(result.loadWh)} kWh, PV ${kWh(result.pvWh)} kWh`,
      `  charged ${kWh(result.chargedWh)} kWh, discharged ${kWh(result.dischargedWh)} kWh, ${result.cycles.toFixed(0)} cycles`,
      `  highest import ${(result.peakImportW / 1000).toFixed(2)} kW, books miss ${result.residualWh.toExponential(1)} Wh`,
    ].join('\n'),
  );
}

function kWh(energyWh: number): string {
  return (energyWh / 1000).toFixed(0);
}

try {
  await new Command('backtest')
    .description('What a battery, the rules and a shifted water heater would have meant for a measured home.')
    .requiredOption('--csv <file>', 'measured home')
    .option('--battery <kWh,kW>', 'capacity and power', batteryOption)
    .option('--rules', 'also by the rules of the box', false)
    .option('--shift-water <kWh>', 'move so much energy a day from the night into surplus', amount)
    .option('--import-price <money>', 'per kWh, where the file has none', amount, 0.25)
    .option('--export-price <money>', 'per kWh, where the file has none', amount, 0.08)
    .option('--year', 'the last 365 days only', false)
    .action(run)
    .parseAsync();
} catch (error) {
  if (!(error instanceof SeriesError)) throw error;
  console.error(`${error.code}: ${error.message} ${error.remedy}`);
  process.exitCode = 1;
}
