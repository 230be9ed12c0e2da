/**
 * A measured home for a backtest: half-open rows of a fixed step. Columns `time,loadW,pvW,pvForecastW,
 * importPricePerKwh,exportPricePerKwh`, in any order; all but time and load may be missing. The formats that the
 * simulator replays are read as well.
 */
import { readFileSync } from 'node:fs';
import { layoutOf, readRow } from '../profile/format.ts';

export class SeriesError extends Error {
  readonly code = 'bad-series';
  readonly remedy =
    'Give a CSV file whose header has time (ISO, with offset) and loadW, and whose rows have a fixed step.';
}

export interface SeriesRow {
  readonly startMs: number;
  readonly loadW: number;
  readonly pvW: number;
  readonly pvForecastW: number | null;
  readonly importPricePerKwh: number | null;
  readonly exportPricePerKwh: number | null;
}

export interface Series {
  readonly stepMs: number;
  readonly rows: readonly SeriesRow[];
  /** Rows that the file does not have between its first and its last. */
  readonly missingRows: number;
}

/** @throws SeriesError when the file cannot be used. */
export function readSeries(file: string): Series {
  const lines = textOf(file).split('\n');
  const header = lines[0] ?? '';
  const layout = layoutOf(header);
  if (!layout) throw new SeriesError(`${file} has an unknown header: ${header.slice(0, 120)}`);
  const columns = header.trim().split(',');
  const extra = (name: string) => {
    const at = columns.indexOf(name);
    return (cells: readonly string[]) => numberOf(at < 0 ? undefined : cells[at]);
  };
  const [forecast, importPrice, exportPrice] = [
    extra('pvForecastW'),
    extra('importPricePerKwh'),
    extra('exportPricePerKwh'),
  ];
  const rows: SeriesRow[] = [];
  for (const line of lines.slice(1)) {
    const row = readRow(layout, line);
    const startMs = row ? Date.parse(isoOf(row.time)) : Number.NaN;
    if (!row || row.loadW === null || Number.isNaN(startMs)) continue;
    if (startMs <= (rows.at(-1)?.startMs ?? Number.NEGATIVE_INFINITY)) continue;
    const cells = line.split(',');
    rows.push({
      startMs,
      loadW: row.loadW,
      pvW: row.pvW ?? 0,
      pvForecastW: forecast(cells),
      importPricePerKwh: importPrice(cells),
      exportPricePerKwh: exportPrice(cells),
    });
  }
  return stepped(file, rows);
}

function stepped(file: string, rows: readonly SeriesRow[]): Series {
  const [first, second] = rows;
  const last = rows.at(-1);
  if (!first || !second || !last)
    throw new SeriesError(`${file} holds fewer than two rows of measured load.`);
  let stepMs = second.startMs - first.startMs;
  for (let i = 1; i < rows.length; i += 1) {
    stepMs = Math.min(stepMs, (rows[i]?.startMs ?? 0) - (rows[i - 1]?.startMs ?? 0));
  }
  return { stepMs, rows, missingRows: Math.round((last.startMs - first.startMs) / stepMs) + 1 - rows.length };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SeriesError(`${file} cannot be read.`, { cause });
  }
}

function isoOf(time: string): string {
  const iso = time.replace(' ', 'T');
  return /(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`;
}

function numberOf(cell: string | undefined): number | null {
  const text = cell?.trim();
  if (!text) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
