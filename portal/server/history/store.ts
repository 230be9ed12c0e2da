/**
 * What the portal asks of a history, whoever keeps it: the embedded store or InfluxDB. Both adapters pass the same
 * contract tests. All instants are epoch ms of the site's clock, ranges are half-open `[fromMs, toMs)`.
 */
import type { DecisionRow } from '../../contract/api.ts';

export interface SeriesQuery {
  readonly site: string;
  /** Fields of the measurement `site`. */
  readonly fields: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of a bucket; buckets begin at `fromMs`. */
  readonly stepMs: number;
}

export interface HistoryBucket {
  readonly atMs: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** Only buckets with data, in order; who draws fills the gaps with null. */
export type HistorySeries = ReadonlyMap<string, readonly HistoryBucket[]>;

export interface RangeQuery {
  readonly site: string;
  readonly fields: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

export interface DecisionQuery {
  readonly site: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Cursor of an earlier page. */
  readonly before?: string;
  readonly actuator?: string;
  readonly limit: number;
}

export type StoredDecision = Omit<DecisionRow, 'actuatorName'>;

export interface HistoryStore {
  series(query: SeriesQuery): Promise<HistorySeries>;
  /**
   * How much each counter rose within the range, across resets; null where nothing is known. What rose between the
   * last point before the range and its first point belongs to the range, so that days add up to the month.
   */
  increases(query: RangeQuery): Promise<ReadonlyMap<string, number | null>>;
  /** The highest value and when it was measured (to the minute); null when nothing was measured. */
  peak(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<Peak | null>;
  /** How many minutes of the range hold at least one value of the field. */
  coveredMinutes(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<number>;
  /** The finest step still kept at `fromMs`: finer data may have been thinned. */
  finestStepMs(site: string, fromMs: number): Promise<number>;
  /** First and last instant the site has data for; null when it has none. */
  extent(site: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | null>;
  /** Newest first. */
  decisions(query: DecisionQuery): Promise<readonly StoredDecision[]>;
  close(): Promise<void>;
}

export interface Peak {
  readonly value: number;
  readonly atMs: number;
}

/** Position of a decision in the list: instant and actuator, newest first. */
export function decisionCursor(row: StoredDecision): string {
  return `${Date.parse(row.at)}_${row.actuator}`;
}

export function parseDecisionCursor(
  cursor: string,
): { readonly atMs: number; readonly actuator: string } | null {
  const match = /^(-?\d{1,15})_([a-z0-9:-]{1,60})$/.exec(cursor);
  return match ? { atMs: Number(match[1]), actuator: match[2] ?? '' } : null;
}
