/**
 * A span of recorded time, replayed: read block by block, so that 48 h need no memory and a running box no pause
 * (every few cycles the turn is given back), and held against the minute summaries, which remember by their own
 * chain what the last record of each minute was.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { State } from '../core/state.ts';
import type { MinuteRecord, SnapshotBlock, Store } from '../record/store.ts';
import { type ReadCycle, readRecord } from './cycle-record.ts';
import { FRAME_EVERY_MS, KEY_EVERY_MS } from './cycle-recording.ts';
import { type Difference, difference, type ReplayedCycle, Replayer } from './replayer.ts';

export type ReplaySource = Pick<Store, 'nextSnapshots' | 'readMinutes'>;

export interface ReplayRequest {
  readonly fromMs: number;
  readonly toMs: number;
  /** Version of this software. */
  readonly software: string;
}

export interface ReplayReport {
  readonly from: string;
  readonly to: string;
  /** Cycles within the span that were decided again and came out equal. */
  readonly equalCycles: number;
  /** Minute summaries that fit the records. */
  readonly minutes: number;
  readonly firstDifference: Difference | null;
  /** Another version of the software that decided there; null when it was this one. */
  readonly foreignSoftware: string | null;
}

/** Records before the span that are read for the frame it begins in. */
const LEAD_MS = FRAME_EVERY_MS + KEY_EVERY_MS;
const CYCLES_PER_TURN = 50;

/** Replays a span, up to the first difference. */
export async function replayRange(source: ReplaySource, request: ReplayRequest): Promise<ReplayReport> {
  const { fromMs, toMs } = request;
  const replayer = new Replayer(request.software);
  const minutes = await source.readMinutes(fromMs, toMs);
  const summaries = new Map(minutes.map((minute) => [`${minute.boot} ${minute.cycle}`, minute]));
  let equalCycles = 0;
  let found: Difference | null = null;
  for await (const record of recordsOf(source, { ...request, fromMs: fromMs - LEAD_MS }, replayer)) {
    if ('kind' in record) {
      found = record;
      break;
    }
    found = replayer.take(record) ?? unlike(record, summaries);
    if (found) break;
    const { wallMs } = record.at;
    if (wallMs !== null && wallMs >= fromMs && wallMs <= toMs && replayer.last?.record === record)
      equalCycles++;
  }
  found ??= cutOff(summaries);
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    equalCycles,
    minutes: minutes.length - summaries.size,
    firstDifference: found,
    foreignSoftware: replayer.foreignSoftware,
  };
}

/** The newest cycle recorded up to `newestMs`, decided again; null when there is none that can be. */
export async function newestCycle(
  source: Pick<Store, 'nextSnapshots'>,
  newestMs: number,
  software: string,
): Promise<ReplayedCycle | null> {
  const replayer = new Replayer(software);
  const span = { fromMs: newestMs - LEAD_MS, toMs: newestMs };
  for await (const record of recordsOf(source, span, replayer)) {
    if (!('kind' in record)) replayer.take(record);
  }
  return replayer.last;
}

/** The state that the cycles up to `newestMs` led to; null when any of them does not come out as it was. */
export async function newestState(
  source: Pick<Store, 'nextSnapshots'>,
  newestMs: number,
  software: string,
): Promise<State | null> {
  const replayer = new Replayer(software);
  const span = { fromMs: newestMs - LEAD_MS, toMs: newestMs };
  for await (const record of recordsOf(source, span, replayer)) {
    if ('kind' in record || replayer.take(record)) return null;
  }
  return replayer.state;
}

async function* recordsOf(
  source: Pick<Store, 'nextSnapshots'>,
  { fromMs, toMs }: Pick<ReplayRequest, 'fromMs' | 'toMs'>,
  replayer: Replayer,
): AsyncGenerator<ReadCycle | Difference> {
  let afterId = -1;
  let count = 0;
  for (;;) {
    const block: SnapshotBlock | null = await source.nextSnapshots(fromMs, toMs, afterId);
    if (!block) return;
    afterId = block.id;
    const unreadable = (at: ReadCycle['at']) =>
      difference('changed', { cycle: replayer.expectedCycle, at }, null, `block ${block.id} cannot be read`);
    if (!block.snapshots) {
      yield unreadable({ monoMs: 0, wallMs: null });
      continue;
    }
    for (const { json, monoMs, wallMs, boot } of block.snapshots) {
      if (wallMs !== null && wallMs > toMs) return;
      yield readRecord(json, { monoMs, wallMs }, boot) ?? unreadable({ monoMs, wallMs });
      count += 1;
      if (count % CYCLES_PER_TURN === 0) await turn();
    }
  }
}

/** The record that ends a minute is the one its summary remembers. */
function unlike(record: ReadCycle, summaries: Map<string, MinuteRecord>): Difference | null {
  const key = `${record.boot} ${record.cycle}`;
  const summary = summaries.get(key);
  if (!summary) return null;
  summaries.delete(key);
  if (summary.recordHash === record.hash) return null;
  return difference('changed', record, null, `record ${record.cycle} is not the one its minute remembers`);
}

/** Minutes whose records are not there (any more): an end was cut off. */
function cutOff(summaries: ReadonlyMap<string, MinuteRecord>): Difference | null {
  const [first] = summaries.values();
  if (!first) return null;
  const at = { monoMs: first.monoMs, wallMs: first.at === null ? null : Date.parse(first.at) };
  const why = `record ${first.cycle}, which minute ${first.seq} remembers, is missing`;
  return difference('missing', { cycle: first.cycle, at }, null, why);
}
