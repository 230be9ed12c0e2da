/** Days of one home under the decisions of its box: what they cost, and what the home gave its people. */
import { readFileSync } from 'node:fs';
import { readHome } from '../home/home-file.ts';
import { ClosedLoop } from '../loop/closed-loop.ts';
import { readSiteFile } from '../loop/installed-site.ts';
import { Profile } from '../profile/profile.ts';
import { WeatherRecord } from '../profile/weather-record.ts';

export interface Days {
  readonly count: number;
  /** First day where nothing is measured, ISO date. */
  readonly from: string;
  /** Measured load and weather instead of what the home file names. */
  readonly profile?: string;
  readonly weather?: string;
}

export interface LivedDays {
  readonly file: string;
  readonly startMs: number;
  /** By the home's own tariff. */
  readonly costMoney: number;
  readonly currency: string;
  readonly importPricePerKwh: number;
  readonly importWh: number;
  readonly exportWh: number;
  /** Hot water drawn and energy driven: a home that gives less of it is cheaper for nothing. */
  readonly servedWh: number;
  readonly peakImportW: number;
  /** More in batteries, tanks and cars than at the beginning. */
  readonly storedWh: number;
}

const CYCLE_MS = 60_000;
const DAY_MS = 86_400_000;
const MINUTES_A_DAY = 1440;
const J_PER_WH = 3600;

/** @throws HomeFileError, ProfileError, WeatherFileError; MissingSiteFile where none stands beside the home. */
export function liveThrough(file: string, days: Days): LivedDays {
  const home = readHome(file);
  const site = readSiteFile('home-1', siteFileOf(file));
  const { count, from, profile = home.profile, weather = home.weather } = days;
  const measured = profile === undefined ? undefined : Profile.open(profile, home.zone);
  const startMs = measured ? measured.span.lastMs - count * DAY_MS : Date.parse(`${from}T00:00:00Z`);
  const loop = new ClosedLoop({
    ...{ home, site, startMs, cycleMs: CYCLE_MS },
    ...(measured ? { measured } : {}),
    ...(weather ? { weather: WeatherRecord.open(weather, home.place, home.climate.linkeTurbidity) } : {}),
  });
  const { running } = loop;
  const before = running.model.storedJ(running.state);
  let peakImportW = 0;
  for (let minutes = count * MINUTES_A_DAY; minutes > 0; minutes -= 1) {
    loop.cycle();
    peakImportW = Math.max(peakImportW, running.flows.gridW);
  }
  const { gridInJ, gridOutJ, usedJ } = running.state.totals;
  const { currency, importPricePerKwh } = running.model.grid.tariff;
  return {
    ...{ file, startMs, currency, importPricePerKwh, peakImportW },
    costMoney: running.costMoney,
    importWh: gridInJ / J_PER_WH,
    exportWh: gridOutJ / J_PER_WH,
    servedWh: usedJ / J_PER_WH,
    storedWh: (running.model.storedJ(running.state) - before) / J_PER_WH,
  };
}

/** What the installer told the box of a home does not stand beside its file. */
export class MissingSiteFile extends Error {
  readonly code = 'no-site-file';
  readonly remedy = 'Write it: what the installer tells the box of this home. The shipped homes show how.';
}

function siteFileOf(file: string): string {
  const beside = file.replace(/\.ya?ml$/, '.site.yaml');
  try {
    return readFileSync(beside, 'utf8');
  } catch (cause) {
    throw new MissingSiteFile(`Beside ${file} there is no ${beside}.`, { cause });
  }
}
