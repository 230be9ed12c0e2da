/** File formats of measured weather, recognised by their header. Each says where its columns stand, and when. */

export interface WeatherFormat {
  readonly name: string;
  /** Column names, the unit in brackets left off. */
  readonly time: readonly string[];
  readonly global: string;
  readonly diffuse: string;
  readonly temperature: string;
  readonly wind: string;
  /** Where in its interval a row's time stands. */
  readonly stamp: 'begin' | 'middle' | 'end';
}

export const WEATHER_FORMATS: readonly WeatherFormat[] = [
  {
    name: 'DWD, ten minutes',
    time: ['year', 'month', 'day', 'hour', 'minute'],
    global: 'global_irradiance',
    diffuse: 'diffuse_irradiance',
    temperature: 'temperature',
    wind: 'wind_speed',
    stamp: 'end',
  },
  {
    name: 'PVGIS typical year',
    time: ['time(UTC)'],
    global: 'G(h)',
    diffuse: 'Gd(h)',
    temperature: 'T2m',
    wind: 'WS10m',
    // Seen from a satellite at about that moment.
    stamp: 'middle',
  },
  {
    name: 'Open-Meteo',
    time: ['time'],
    global: 'shortwave_radiation',
    diffuse: 'diffuse_radiation',
    temperature: 'temperature_2m',
    wind: 'wind_speed_10m',
    stamp: 'end',
  },
  {
    name: 'Wattward',
    time: ['time'],
    global: 'globalWPerM2',
    diffuse: 'diffuseWPerM2',
    temperature: 'temperatureC',
    wind: 'windMPerS',
    stamp: 'begin',
  },
];

export interface WeatherLayout {
  readonly format: WeatherFormat;
  readonly timeAt: readonly number[];
  readonly globalAt: number;
  readonly diffuseAt: number;
  readonly temperatureAt: number;
  readonly windAt: number;
  /** Metres a second for one unit of the wind column. */
  readonly windFactor: number;
}

export interface WeatherRow {
  /** As written, epoch ms. */
  readonly stampMs: number;
  readonly globalWPerM2: number;
  readonly diffuseWPerM2: number;
  readonly temperatureC: number;
  readonly windMPerS: number;
}

const KM_PER_HOUR = 1 / 3.6;

/** How to read the lines below `header`; undefined when no format fits. */
export function weatherLayoutOf(header: string): WeatherLayout | undefined {
  const written = header.trim().split(',');
  const columns = written.map((column) => column.replace(/ \(.*\)$/, '').trim());
  for (const format of WEATHER_FORMATS) {
    const timeAt = format.time.map((name) => columns.indexOf(name));
    const [globalAt, diffuseAt, temperatureAt, windAt] = [
      columns.indexOf(format.global),
      columns.indexOf(format.diffuse),
      columns.indexOf(format.temperature),
      columns.indexOf(format.wind),
    ] as const;
    if ([...timeAt, globalAt, diffuseAt, temperatureAt, windAt].some((at) => at < 0)) continue;
    return {
      ...{ format, timeAt, globalAt, diffuseAt, temperatureAt, windAt },
      windFactor: /km\/h/.test(written[windAt] ?? '') ? KM_PER_HOUR : 1,
    };
  }
  return undefined;
}

/** Undefined where something is missing. */
export function readWeatherRow(layout: WeatherLayout, line: string): WeatherRow | undefined {
  const cells = line.split(',').map((cell) => cell.trim());
  const number = (at: number) => (cells[at] ? Number(cells[at]) : Number.NaN);
  const row = {
    stampMs: instant(layout.timeAt.map((at) => cells[at] ?? '')),
    globalWPerM2: number(layout.globalAt),
    diffuseWPerM2: number(layout.diffuseAt),
    temperatureC: number(layout.temperatureAt),
    windMPerS: number(layout.windAt) * layout.windFactor,
  };
  return Object.values(row).every(Number.isFinite) ? row : undefined;
}

/** `2023,1,1,0,10`, `20070101:0000` or ISO; UTC where no offset is named. */
function instant(parts: readonly string[]): number {
  if (parts.length > 1) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
    return Date.UTC(year, month - 1, day, hour, minute);
  }
  const [text = ''] = parts;
  const pvgis = /^(\d{4})(\d\d)(\d\d):(\d\d)(\d\d)$/.exec(text);
  if (pvgis) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = pvgis.slice(1).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute);
  }
  const iso = text.replace(' ', 'T');
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
}
