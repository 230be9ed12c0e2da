/**
 * The journal as CSV for people and spreadsheets: UTC and local time, units in the header, one decision a line.
 */
import { csvLine } from '@wattward/broker/wire/csv';
import { type Language, reasonText } from '@wattward/broker/wire/reasons';
import type { Reason } from '@wattward/broker/wire/schema';

const READINGS = [
  ['gridPowerW', 'grid_power_W'],
  ['pvPowerW', 'pv_power_W'],
  ['batteryPowerW', 'battery_power_W'],
  ['houseLoadW', 'house_load_W'],
  ['managedLoadW', 'managed_load_W'],
  ['batterySocPct', 'battery_soc_pct'],
  ['demandW', 'demand_W'],
] as const;

export interface CsvDecision {
  readonly seq: number;
  readonly at: string | null;
  readonly boot: string;
  readonly monoMs: number;
  readonly actuator: string;
  readonly outcome: string;
  readonly reason: Reason;
  readonly homeMode: string;
  readonly readings: { readonly [R in (typeof READINGS)[number][0]]?: number | null };
  readonly hash: string;
}

export const CSV_COLUMNS = [
  'seq',
  'time_utc',
  'time_local',
  'actuator',
  'outcome',
  'home_mode',
  'rule',
  'code',
  'reason',
  ...READINGS.map(([, column]) => column),
  'params_json',
  'hash',
] as const;

export interface CsvOptions {
  /** IANA zone of the site. */
  readonly zone: string;
  readonly language: Language;
}

/** The file line by line, each with its line end. */
export function* journalCsv(records: Iterable<CsvDecision>, options: CsvOptions): Generator<string> {
  const local = localTime(options.zone);
  yield csvLine(CSV_COLUMNS);
  for (const record of records) {
    const { reason, readings } = record;
    yield csvLine([
      record.seq,
      record.at ?? '',
      record.at === null ? '' : local(record.at),
      record.actuator,
      record.outcome,
      record.homeMode,
      reason.rule,
      reason.code,
      reasonText(reason, options.language),
      ...READINGS.map(([name]) => rounded(readings[name])),
      JSON.stringify(reason.params),
      record.hash,
    ]);
  }
}

function rounded(value: number | null | undefined): number | '' {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 1000) / 1000 : '';
}

/** ISO 8601 local time with its offset, e.g. `2026-10-25T02:30:00+02:00`: also unambiguous on the day of 25 hours. */
function localTime(zone: string): (utc: string) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  return (utc) => {
    const part: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(new Date(utc))) part[type] = value;
    const offset = part.timeZoneName === 'GMT' ? '+00:00' : (part.timeZoneName ?? '').replace('GMT', '');
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}${offset}`;
  };
}
