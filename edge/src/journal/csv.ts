/**
 * The journal as CSV for people and spreadsheets (RFC 4180, UTF-8): UTC and local time, units in the header, one
 * decision a line. A text that a spreadsheet would take for a formula is led by an apostrophe.
 */
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
  yield `${CSV_COLUMNS.join(',')}\r\n`;
  for (const record of records) {
    const { reason, readings } = record;
    const cells = [
      String(record.seq),
      record.at ?? '',
      record.at === null ? '' : local(record.at),
      cell(record.actuator),
      cell(record.outcome),
      cell(record.homeMode),
      cell(reason.rule),
      cell(reason.code),
      cell(reasonText(reason, options.language)),
      ...READINGS.map(([name]) => number(readings[name])),
      cell(JSON.stringify(reason.params)),
      record.hash,
    ];
    yield `${cells.join(',')}\r\n`;
  }
}

function number(value: number | null | undefined): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(Math.round(value * 1000) / 1000) : '';
}

/** Text a spreadsheet shows and never runs, quoted where it must be. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
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
