/**
 * What if the home were another one? Two home files, each with its site file beside it, live through the same days
 * with the real decisions of the box: the same weather and the same measured load, to the minute.
 */
import { Command, InvalidArgumentError } from 'commander';
import { readHome } from '../home/home-file.ts';
import { told } from '../told-failure.ts';
import { type Days, type LivedDays, liveThrough } from './lived-days.ts';

interface Options extends Omit<Days, 'count'> {
  readonly home: string;
  readonly against: string;
  readonly days: number;
}

function run({ home: homeFile, against: againstFile, days: count, ...measured }: Options): void {
  const days = { count, ...measured };
  // A mistake in one of them is told before a year of the other has passed.
  for (const file of [homeFile, againstFile]) readHome(file);
  const against = liveThrough(againstFile, days);
  const home = liveThrough(homeFile, days);
  const from = new Date(home.startMs).toISOString().slice(0, 10);
  console.log(`${count} days from ${from} in steps of a minute, each home by its own tariff.`);
  console.log(`counterfactual: ${againstFile}, under the same decisions of the box`);
  for (const lived of [against, home]) for (const line of lines(lived)) console.log(line);
  for (const line of conclusion(against, home)) console.log(line);
}

function lines(lived: LivedDays): string[] {
  return [
    lived.file,
    `  cost ${money(lived.costMoney, lived)}, import ${kWh(lived.importWh)}, export ${kWh(lived.exportWh)} kWh, highest import ${(lived.peakImportW / 1000).toFixed(1)} kW`,
    `  hot water and drives ${kWh(lived.servedWh)} kWh, stored at the end ${kWh(lived.storedWh)} kWh more than at the beginning`,
  ];
}

/** What was saved, and what of it is only water that stayed colder or a store that was emptied. */
function conclusion(against: LivedDays, home: LivedDays): string[] {
  const saved = against.costMoney - home.costMoney;
  const lessWh = against.servedWh - home.servedWh;
  const lessStoredWh = against.storedWh - home.storedWh;
  const owed = ((lessWh + lessStoredWh) / 1000) * home.importPricePerKwh;
  return [
    `${home.file} costs ${money(saved, home)} less than ${against.file}.`,
    `For the same service and stores (${lessOrMore(lessWh)} served, ${lessOrMore(lessStoredWh)} stored, at the import price) it saves ${money(saved - owed, home)}.`,
  ];
}

function kWh(energyWh: number): string {
  return (energyWh / 1000).toFixed(0).replace(/^-0$/, '0');
}

function lessOrMore(lessWh: number): string {
  return `${kWh(Math.abs(lessWh))} kWh ${lessWh >= 0 ? 'less' : 'more'}`;
}

function money(amount: number, { currency }: LivedDays): string {
  return `${amount.toFixed(2)} ${currency}`;
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number of days.');
}

function date(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('Write a date such as 2026-01-01.');
}

await told(() =>
  new Command('what-if')
    .description('Compares two homes over the same days, with the decisions of the box.')
    .requiredOption('--home <file>', 'the home asked about; its site file stands beside it')
    .requiredOption('--against <file>', 'the counterfactual')
    .option('--days <n>', 'how long', whole, 365)
    .option('--profile <path>', 'measured load; its last days are used (default: what the home file names)')
    .option('--weather <path>', 'measured weather: CSV file of DWD, PVGIS or Open-Meteo')
    .option('--from <date>', 'first day where no load is measured', date, '2026-01-01')
    .action(run)
    .parseAsync(),
);
