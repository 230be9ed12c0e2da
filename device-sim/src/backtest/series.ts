/**
 * A measured home for a backtest: half-open rows of one step. Columns `time,loadW,pvW,pvForecastW,
 * importPricePerKwh,exportPricePerKwh` in any order; all but time and load may be missing. The formats that the
 * simulator replays are read as well. Kept as columns of numbers, 56 bytes a row, so that years of minutes fit.
 */
import { type Columns, cellsOf, columnsOf } from './columns.ts';
import { type CsvLine, csvLines } from './csv-lines.ts';
import { type InstantReader, instantReader } from './instants.ts';
import { SeriesError } from './series-error.ts';

export interface Series {
  readonly stepMs: number;
  readonly length: number;
  readonly startMs: Float64Array;
  readonly loadW: Float64Array;
  readonly pvW: Float64Array;
  /** NaN where the file has none; prices likewise. */
  readonly pvForecastW: Float64Array;
  readonly importPricePerKwh: Float64Array;
  readonly exportPricePerKwh: Float64Array;
  /** False: the file has no PV column. */
  readonly hasPv: boolean;
  /** Rows without a load, or not there at all, between the first and the last. */
  readonly missingRows: number;
  readonly unusedColumns: readonly string[];
}

const FIELDS = ['startMs', 'loadW', 'pvW', 'pvForecastW', 'importPricePerKwh', 'exportPricePerKwh'] as const;
type Field = (typeof FIELDS)[number];

/** Seven years of minutes. */
const MOST_ROWS = 3_700_000;
const LARGEST_W = 1_000_000;
const LARGEST_PRICE = 1000;

/**
 * @param zone of times that name no offset.
 * @throws SeriesError naming file, line and remedy.
 */
export function readSeries(source: string, zone: string): Series {
  const rows = new Rows();
  const instant = instantReader(zone);
  let columns: Columns | null = null;
  let file = '';
  for (const line of csvLines(source)) {
    if (line.file !== file) {
      file = line.file;
      columns = columnsOf(file, line.text);
    } else if (columns) readLine(rows, columns, line, instant);
  }
  if (!columns) {
    throw new SeriesError(`${source} is empty.`, { remedy: 'Give a file with a header and rows below it.' });
  }
  return rows.series(source, columns);
}

function readLine(rows: Rows, columns: Columns, line: CsvLine, instant: InstantReader): void {
  const cells = cellsOf(line.text);
  const where = `${line.file} line ${line.number}`;
  if (columns.strict && cells.length !== columns.count) {
    throw new SeriesError(`${where} has ${cells.length} cells, the header ${columns.count}.`, {
      remedy: 'Write every row with as many commas as the header, and decimals with a point.',
    });
  }
  const time = cells[columns.timeAt] ?? '';
  const startMs = instant(time, rows.lastMs);
  if (Number.isNaN(startMs)) {
    throw new SeriesError(`${where}: "${time.slice(0, 40)}" is no time.`, {
      remedy: 'Write ISO 8601, for example 2025-01-31T14:30:00Z.',
    });
  }
  if (startMs <= rows.lastMs) {
    // Files of measured homes may overlap: the first one stays.
    if (!columns.strict) return;
    throw new SeriesError(`${where}: ${time} is not after the row before it.`, {
      remedy: 'Sort the rows by time, leave doubles out, and write offsets where clocks are set back.',
    });
  }
  const cell = new Cell(columns, cells, where);
  const loadW = cell.watts('load', columns.loadAt);
  if (Number.isNaN(loadW) || (columns.format.zeroIsMissing && loadW === 0)) return;
  if (loadW < 0 && columns.strict) {
    throw new SeriesError(`${where}: a load of ${loadW} W.`, {
      remedy:
        'A load is what the home consumes, without PV and battery: never negative. Leave unknown cells empty.',
    });
  }
  const pvW = cell.watts('PV', columns.pvAt);
  rows.add(line.number, [
    startMs,
    Math.max(0, loadW),
    // What an inverter draws at night is in the load; an empty cell beside a measured load means darkness.
    pvW > 0 ? pvW : 0,
    cell.watts('forecast', columns.forecastAt),
    cell.price(columns.importPriceAt),
    cell.price(columns.exportPriceAt),
  ]);
}

/** One row's cells as numbers; NaN for an empty one. */
class Cell {
  readonly #columns: Columns;
  readonly #cells: readonly string[];
  readonly #where: string;

  constructor(columns: Columns, cells: readonly string[], where: string) {
    this.#columns = columns;
    this.#cells = cells;
    this.#where = where;
  }

  watts(name: string, at: number): number {
    return this.#number(at, LARGEST_W, `${name} in watts`) * this.#columns.format.wattsPerUnit;
  }

  price(at: number): number {
    return this.#number(at, LARGEST_PRICE, 'price per kWh');
  }

  #number(at: number, largest: number, what: string): number {
    const text = at < 0 ? '' : (this.#cells[at] ?? '');
    if (text === '') return Number.NaN;
    const value = Number(text);
    if (Number.isFinite(value) && Math.abs(value) <= largest) return value;
    if (!this.#columns.strict) return Number.NaN;
    throw new SeriesError(`${this.#where}: "${text.slice(0, 40)}" is no ${what}.`, {
      remedy: `Write a number between -${largest} and ${largest}, or leave the cell empty.`,
    });
  }
}

class Rows {
  lastMs = Number.NEGATIVE_INFINITY;
  #length = 0;
  #columns: Record<Field, Float64Array> = columnsFor(4096);
  #lines = new Uint32Array(4096);

  add(line: number, values: readonly number[]): void {
    if (this.#length === MOST_ROWS) {
      throw new SeriesError(`More than ${MOST_ROWS} rows.`, {
        remedy: 'Give fewer years, or means over longer steps.',
      });
    }
    if (this.#length === this.#lines.length) this.#grow();
    for (let i = 0; i < FIELDS.length; i += 1) {
      const field = FIELDS[i];
      if (field) this.#columns[field][this.#length] = values[i] ?? Number.NaN;
    }
    this.#lines[this.#length] = line;
    this.#length += 1;
    this.lastMs = values[0] ?? Number.NaN;
  }

  series(source: string, columns: Columns): Series {
    const length = this.#length;
    if (length < 2) {
      throw new SeriesError(`${source} holds ${length} rows with a load; it takes two to know their step.`);
    }
    const own = this.#columns;
    const cut = (field: Field) => own[field].subarray(0, length);
    const stepMs = this.#stepMs(source);
    const spanMs = (own.startMs[length - 1] ?? 0) - (own.startMs[0] ?? 0);
    return {
      stepMs,
      length,
      startMs: cut('startMs'),
      loadW: cut('loadW'),
      pvW: cut('pvW'),
      pvForecastW: cut('pvForecastW'),
      importPricePerKwh: cut('importPricePerKwh'),
      exportPricePerKwh: cut('exportPricePerKwh'),
      hasPv: columns.pvAt >= 0,
      missingRows: Math.round(spanMs / stepMs) + 1 - length,
      unusedColumns: columns.unused,
    };
  }

  /** The shortest distance of two rows; every other one is a multiple of it, or the rows have no step. */
  #stepMs(source: string): number {
    const { startMs } = this.#columns;
    let stepMs = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.#length; i += 1) {
      stepMs = Math.min(stepMs, (startMs[i] ?? 0) - (startMs[i - 1] ?? 0));
    }
    for (let i = 1; i < this.#length; i += 1) {
      const apartMs = (startMs[i] ?? 0) - (startMs[i - 1] ?? 0);
      if (apartMs % stepMs === 0) continue;
      throw new SeriesError(
        `${source} line ${this.#lines[i]} comes ${apartMs / 1000} s after the row before it, no multiple of the ${stepMs / 1000} s between other rows.`,
        { remedy: 'Give means over one step throughout.' },
      );
    }
    return stepMs;
  }

  #grow(): void {
    const room = Math.min(MOST_ROWS, this.#lines.length * 2);
    const wider = columnsFor(room);
    for (const field of FIELDS) wider[field].set(this.#columns[field]);
    this.#columns = wider;
    const lines = new Uint32Array(room);
    lines.set(this.#lines);
    this.#lines = lines;
  }
}

function columnsFor(room: number): Record<Field, Float64Array> {
  const column = () => new Float64Array(room);
  return {
    startMs: column(),
    loadW: column(),
    pvW: column(),
    pvForecastW: column(),
    importPricePerKwh: column(),
    exportPricePerKwh: column(),
  };
}

/** The rows from `fromMs` on. */
export function since(series: Series, fromMs: number): Series {
  const { startMs, length, stepMs } = series;
  let from = 0;
  while (from < length && (startMs[from] ?? 0) < fromMs) from += 1;
  if (from === 0) return series;
  const cut = (column: Float64Array) => column.subarray(from);
  const spanMs = (startMs[length - 1] ?? 0) - (startMs[from] ?? 0);
  return {
    ...series,
    length: length - from,
    startMs: cut(startMs),
    loadW: cut(series.loadW),
    pvW: cut(series.pvW),
    pvForecastW: cut(series.pvForecastW),
    importPricePerKwh: cut(series.importPricePerKwh),
    exportPricePerKwh: cut(series.exportPricePerKwh),
    missingRows: Math.round(spanMs / stepMs) + 1 - (length - from),
  };
}
