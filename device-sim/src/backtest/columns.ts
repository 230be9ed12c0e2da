/**
 * Which column of a file means what. Our own format is strict: what is written must be a number. Formats of measured
 * homes (`profile/format.ts`) have holes, and what cannot be read in them is one.
 */
import { layoutOf, PROFILE_FORMATS, type ProfileFormat } from '../profile/format.ts';
import { SeriesError } from './series-error.ts';

export const OWN_COLUMNS = [
  'time',
  'loadW',
  'pvW',
  'pvForecastW',
  'importPricePerKwh',
  'exportPricePerKwh',
] as const;

/** Recorded forecasts of foreign formats. */
const FORECAST_COLUMNS = ['pvForecastW', 'sensor.p_pv_forecast'];

export interface Columns {
  readonly format: ProfileFormat;
  /** Every cell must be a number or empty. */
  readonly strict: boolean;
  readonly timeAt: number;
  readonly loadAt: number;
  /** -1 where the file has no such column. */
  readonly pvAt: number;
  readonly forecastAt: number;
  readonly importPriceAt: number;
  readonly exportPriceAt: number;
  readonly count: number;
  /** Columns of an own file that nothing reads: a misspelt price must not pass in silence. */
  readonly unused: readonly string[];
}

/** @throws SeriesError when the header is not one of a measured home. */
export function columnsOf(file: string, header: string): Columns {
  const names = cellsOf(header);
  const layout = layoutOf(names.join(','));
  if (!layout)
    throw new SeriesError(`${file} has no column loadW: ${header.slice(0, 120)}`, unknownHeader(header));
  const own = layout.format.loadColumn === 'loadW';
  const timeAt = own ? names.indexOf('time') : 0;
  if (timeAt < 0) throw new SeriesError(`${file} has no column time: ${header.slice(0, 120)}`);
  const twice = own ? OWN_COLUMNS.find((name) => names.indexOf(name) !== names.lastIndexOf(name)) : undefined;
  if (twice)
    throw new SeriesError(`${file} has the column ${twice} twice.`, { remedy: 'Leave one of them out.' });
  return {
    format: layout.format,
    strict: own,
    timeAt,
    loadAt: layout.loadAt,
    pvAt: layout.pvAt,
    forecastAt: names.findIndex((name) => FORECAST_COLUMNS.includes(name)),
    importPriceAt: names.indexOf('importPricePerKwh'),
    exportPriceAt: names.indexOf('exportPricePerKwh'),
    count: names.length,
    unused: own ? names.filter((name) => !(OWN_COLUMNS as readonly string[]).includes(name)) : [],
  };
}

function unknownHeader(header: string): { remedy?: string } {
  if (header.includes(';'))
    return { remedy: 'Separate the columns by commas, and write decimals with a point.' };
  const loads = PROFILE_FORMATS.map(({ loadColumn }) => loadColumn).join(', ');
  return {
    remedy: `Name the load column loadW (watts). Files of measured homes with ${loads} are read as well.`,
  };
}

export function cellsOf(line: string): string[] {
  const cells = line.split(',');
  for (let i = 0; i < cells.length; i += 1) {
    const cell = (cells[i] ?? '').trim();
    cells[i] = cell.length > 1 && cell.startsWith('"') && cell.endsWith('"') ? cell.slice(1, -1) : cell;
  }
  return cells;
}
