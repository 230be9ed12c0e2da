/**
 * A range of history as a file, streamed piece by piece: the same buckets as the charts, at the finest step that is
 * kept. *wide* is one row an instant with a column for the mean of each field, *tidy* one row a value with mean, low
 * and high, *line* InfluxDB line protocol of the means.
 */
import { csvLine } from '@wattward/broker/wire/csv';
import type { HistorySeries, HistoryStore } from './store.ts';

export const EXPORT_FORMATS = ['wide', 'tidy', 'line'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportInput {
  readonly site: string;
  readonly fields: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly format: ExportFormat;
}

/** Instants asked for at once, and values. */
const PIECE_BUCKETS = 5000;
const PIECE_VALUES = 20_000;

/** The file in pieces of many lines. */
export async function* exportedPieces(store: HistoryStore, input: ExportInput): AsyncGenerator<string> {
  const { fields, toMs, stepMs, format } = input;
  if (format === 'wide') yield csvLine(['utc', ...fields]);
  if (format === 'tidy') yield csvLine(['utc', 'field', 'mean', 'min', 'max']);
  const pieceMs = Math.min(PIECE_BUCKETS, Math.floor(PIECE_VALUES / fields.length)) * stepMs;
  const extent = await store.extent(input.site);
  if (!extent) return;
  const endMs = Math.min(toMs, extent.lastMs + 1);
  const skipped = Math.max(0, Math.floor((extent.firstMs - input.fromMs) / stepMs));
  for (let fromMs = input.fromMs + skipped * stepMs; fromMs < endMs; fromMs += pieceMs) {
    const found = await store.series({ ...input, fromMs, toMs: Math.min(toMs, fromMs + pieceMs) });
    yield WRITERS[format](found, input);
  }
}

const WRITERS: Readonly<Record<ExportFormat, (found: HistorySeries, input: ExportInput) => string>> = {
  wide(found, { fields }) {
    const lines: string[] = [];
    for (const [atMs, row] of rows(found)) {
      lines.push(csvLine([iso(atMs), ...fields.map((field) => row.get(field)?.mean ?? '')]));
    }
    return lines.join('');
  },
  tidy(found) {
    const lines: string[] = [];
    for (const [atMs, row] of rows(found)) {
      for (const [field, { mean, min, max }] of row) lines.push(csvLine([iso(atMs), field, mean, min, max]));
    }
    return lines.join('');
  },
  line(found, { site }) {
    const lines: string[] = [];
    for (const [atMs, row] of rows(found)) {
      const values = [...row].map(([field, { mean }]) => `${field}=${mean}`).join(',');
      lines.push(`site,site=${site} ${values} ${atMs}\n`);
    }
    return lines.join('');
  },
};

/** By instant, in order; within it by field in the order asked for. */
function rows(found: HistorySeries): [number, Map<string, { mean: number; min: number; max: number }>][] {
  const byTime = new Map<number, Map<string, { mean: number; min: number; max: number }>>();
  for (const [field, buckets] of found) {
    for (const bucket of buckets) {
      const row = byTime.get(bucket.atMs) ?? new Map();
      row.set(field, bucket);
      byTime.set(bucket.atMs, row);
    }
  }
  return [...byTime].sort(([a], [b]) => a - b);
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
