/**
 * What if the home were another one? Two home files, each with its site file beside it, live through the same days
 * with the real decisions of the box: the same weather and the same measured load, to the minute.
 */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { readHome } from '../home/home-file.ts';
import { ClosedLoop } from '../loop/closed-loop.ts';
import { installedSite } from '../loop/site-file.ts';
import { Profile } from '../profile/profile.ts';
import { WeatherRecord } from '../profile/weather-record.ts';
import { told } from '../told-failure.ts';

interface Options {
  readonly home: string;
  readonly against: string;
  readonly days: number;
  readonly profile?: string;
  readonly weather?: string;
  readonly from: string;
}

interface Lived {
  readonly costMoney: number;
  readonly importWh: number;
  readonly exportWh: number;
  readonly usedWh: number;
  readonly peakImportW: number;
  readonly batteryWh: number;
}

const CYCLE_MS = 60_000;
const DAY_MS = 86_400_000;

function live(file: string, options: Options): Lived {
  const home = readHome(file);
  const { days, from, profile = home.profile, weather = home.weather } = options;
  const site = installedSite('home-1', readFileSync(file.replace(/\.yaml$/, '.site.yaml'), 'utf8'), {});
  const measured = profile === undefined ? undefined : Profile.open(profile, home.zone);
  const startMs = measured ? measured.span.lastMs - days * DAY_MS : Date.parse(`${from}T00:00:00Z`);
  const loop = new ClosedLoop({
    ...{ home, site, startMs, cycleMs: CYCLE_MS },
    ...(measured ? { measured } : {}),
    ...(weather ? { weather: WeatherRecord.open(weather, home.place, home.climate.linkeTurbidity) } : {}),
  });
  let peakImportW = 0;
  const storedBeforeJ = loop.running.model.storedJ(loop.running.state);
  for (let minutes = days * 1440; minutes > 0; minutes -= 1) {
    loop.cycle();
    peakImportW = Math.max(peakImportW, loop.running.flows.gridW);
  }
  const { gridInJ, gridOutJ, usedJ, heatJ } = loop.running.state.totals;
  const { importPricePerKwh, exportPricePerKwh } = site.settings.tariff;
  const kWh = (energyJ: number) => energyJ / 3.6e6;
  return {
    costMoney: kWh(gridInJ) * importPricePerKwh - kWh(gridOutJ) * exportPricePerKwh,
    importWh: kWh(gridInJ) * 1000,
    exportWh: kWh(gridOutJ) * 1000,
    usedWh: kWh(usedJ + heatJ) * 1000,
    peakImportW,
    batteryWh: kWh(loop.running.model.storedJ(loop.running.state) - storedBeforeJ) * 1000,
  };
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number of days.');
}

function run(options: Options): void {
  console.log(`${options.days} days in steps of a minute; fixed tariffs of the site files.`);
  const lived = [options.against, options.home].map((file) => ({ file, home: live(file, options) }));
  for (const { file, home } of lived) {
    const kWh = (energyWh: number) => (energyWh / 1000).toFixed(0);
    console.log(
      `${file}: cost ${home.costMoney.toFixed(2)}, import ${kWh(home.importWh)} kWh, export ${kWh(home.exportWh)} kWh, ` +
        `used and lost ${kWh(home.usedWh)} kWh, highest import ${(home.peakImportW / 1000).toFixed(1)} kW, ` +
        `stored ${kWh(home.batteryWh)} kWh more than at the beginning`,
    );
  }
  const [against, home] = lived;
  if (against && home) {
    const savedMoney = against.home.costMoney - home.home.costMoney;
    console.log(`${home.file} costs ${savedMoney.toFixed(2)} less than ${against.file}, the counterfactual.`);
  }
}

await told(() =>
  new Command('what-if')
    .description('Compares two homes over the same days, with the decisions of the box.')
    .requiredOption('--home <file>', 'the home asked about')
    .requiredOption('--against <file>', 'the counterfactual')
    .option('--days <n>', 'how long', whole, 365)
    .option('--profile <path>', 'measured load and sun; its last days are used')
    .option('--weather <path>', 'measured weather: CSV file of DWD, PVGIS or Open-Meteo')
    .option('--from <date>', 'first day where nothing is measured', '2026-01-01')
    .action(run)
    .parseAsync(),
);
