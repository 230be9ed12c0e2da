/** The history kept by the portal itself, in `<dataDir>/history.db`. */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { errorText, log } from '../../problems/log.ts';
import { StartError } from '../../problems/start-error.ts';
import type { LinePoint } from '../line-protocol.ts';
import type { WriteResult } from '../point-sink.ts';
import { readReason } from '../reason.ts';
import {
  type DecisionQuery,
  type HistorySeries,
  type HistoryStore,
  type Peak,
  parseDecisionCursor,
  type RangeQuery,
  type SeriesQuery,
  type StoredDecision,
} from '../store.ts';
import { HistoryReader } from './reader.ts';
import { openForReading, openForWriting } from './tables.ts';
import { HistoryWriter } from './writer.ts';

const PRUNE_EVERY_MS = 10 * 60_000;
const RAW_STEP_MS = 10_000;

export class EmbeddedHistory implements HistoryStore {
  readonly #writing: DatabaseSync;
  readonly #reading: DatabaseSync;
  readonly #writer: HistoryWriter;
  readonly #reader: HistoryReader;
  readonly #pruning: NodeJS.Timeout;

  /** @throws StartError when the file cannot be used. */
  constructor(dataDir: string, nowMs: () => number) {
    const file = join(dataDir, 'history.db');
    try {
      this.#writing = openForWriting(file);
      this.#reading = openForReading(file);
    } catch (cause) {
      throw new StartError(
        'history-unusable',
        `the history file ${file} cannot be used: ${errorText(cause)}`,
        'Put back a backup of the file, or move it away to begin anew; the disk must be writable.',
        { cause },
      );
    }
    this.#writer = new HistoryWriter(this.#writing, nowMs);
    this.#reader = new HistoryReader(this.#reading);
    this.#pruning = setInterval(() => {
      this.#writer
        .prune()
        .catch((error) => log.error('history cannot be pruned', { problem: errorText(error) }));
    }, PRUNE_EVERY_MS);
    this.#pruning.unref();
  }

  /** Resolves once the points are committed. */
  write(site: string, points: readonly LinePoint[]): Promise<WriteResult> {
    return this.#writer.write(site, points);
  }

  /** Removes what is past its time now instead of within ten minutes. @returns rows removed. */
  prune(): Promise<number> {
    return this.#writer.prune();
  }

  async series({ site, fields, fromMs, toMs, stepMs }: SeriesQuery): Promise<HistorySeries> {
    await this.#writer.settle(site);
    const found = new Map<string, ReturnType<HistoryReader['buckets']>>();
    for (const field of fields) {
      const series = this.#reader.seriesId(site, field);
      found.set(field, series === null ? [] : this.#reader.buckets(series, { fromMs, toMs }, stepMs));
    }
    return found;
  }

  async increases({ site, fields, fromMs, toMs }: RangeQuery): Promise<ReadonlyMap<string, number | null>> {
    await this.#writer.settle(site);
    const found = new Map<string, number | null>();
    for (const field of fields) {
      const series = this.#reader.seriesId(site, field);
      found.set(field, series === null ? null : this.#reader.increase(series, field, { fromMs, toMs }));
    }
    return found;
  }

  async peak(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<Peak | null> {
    await this.#writer.settle(query.site);
    const series = this.#reader.seriesId(query.site, query.field);
    return series === null ? null : this.#reader.peak(series, query);
  }

  async coveredMinutes(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<number> {
    await this.#writer.settle(query.site);
    const series = this.#reader.seriesId(query.site, query.field);
    const mark = this.#reader.mark(query.site);
    return series === null || !mark ? 0 : this.#reader.coveredMinutes(series, query, mark.minutesFromMs);
  }

  async finestStepMs(site: string, fromMs: number): Promise<number> {
    await this.#writer.settle(site);
    const mark = this.#reader.mark(site);
    if (!mark || fromMs >= mark.rawFromMs) return RAW_STEP_MS;
    return fromMs >= mark.minutesFromMs ? 60_000 : 900_000;
  }

  async extent(site: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | null> {
    await this.#writer.settle(site);
    const mark = this.#reader.mark(site);
    return mark ? { firstMs: mark.firstMs, lastMs: mark.newestMs } : null;
  }

  async decisions(query: DecisionQuery): Promise<readonly StoredDecision[]> {
    const conditions = ['site = ?'];
    const parameters: (string | number)[] = [query.site];
    const where = (condition: string, ...values: (string | number)[]) => {
      conditions.push(condition);
      parameters.push(...values);
    };
    if (query.fromMs !== undefined) where('ts >= ?', query.fromMs);
    if (query.toMs !== undefined) where('ts < ?', query.toMs);
    if (query.actuator !== undefined) where('actuator = ?', query.actuator);
    const cursor = query.before === undefined ? null : parseDecisionCursor(query.before);
    if (cursor) where('(ts, actuator) < (?, ?)', cursor.atMs, cursor.actuator);
    const rows = this.#reader.decisions(
      `SELECT ts, actuator, seq, outcome, code, reason_json, home_mode FROM decision
       WHERE ${conditions.join(' AND ')} ORDER BY ts DESC, actuator DESC LIMIT ?`,
      [...parameters, query.limit],
    );
    return rows.map(decisionOf);
  }

  async close(): Promise<void> {
    clearInterval(this.#pruning);
    this.#reading.close();
    // After the writes that are under way.
    await this.#writer.prune().catch(() => undefined);
    this.#writing.close();
  }
}

function decisionOf(row: readonly unknown[]): StoredDecision {
  const [ts, actuator, seq, outcome, code, reasonJson, homeMode] = row;
  return {
    at: new Date(Number(ts)).toISOString(),
    seq: Number(seq ?? 0),
    actuator: String(actuator),
    outcome: String(outcome ?? ''),
    reason: readReason(reasonJson === null ? '' : String(reasonJson), String(code ?? '')),
    homeMode: String(homeMode ?? ''),
  };
}
