/** What a box has written down, read from its disk after it has ended: each cycle, decided again and found equal. */

import type { JournalRecord } from '../../src/record/store.ts';
import { readRecord } from '../../src/replay/cycle-record.ts';
import { type ReplayedCycle, Replayer } from '../../src/replay/replayer.ts';
import { type LogReader, openLogReader, type RecentEvent } from '../../src/store/log-reader.ts';

export interface RecordedRun {
  readonly cycles: readonly Pick<ReplayedCycle, 'decision' | 'record'>[];
  readonly slots: Awaited<ReturnType<LogReader['readSlots']>>;
  /** Oldest first. */
  readonly journal: readonly JournalRecord[];
  readonly events: readonly RecentEvent[];
}

const EVER_MS = Number.MAX_SAFE_INTEGER;
const MOST_ROWS = 10_000;

export async function recordedRun(dataDir: string): Promise<RecordedRun> {
  const log = openLogReader(dataDir);
  if (!log) throw new Error(`${dataDir} holds no box`);
  try {
    const replayer = new Replayer('');
    const cycles: ReplayedCycle[] = [];
    for (let afterId = -1; ; ) {
      const block = await log.nextSnapshots(0, EVER_MS, afterId);
      if (!block) break;
      afterId = block.id;
      for (const { json, monoMs, wallMs, boot } of block.snapshots ?? []) {
        const record = readRecord(json, { monoMs, wallMs }, boot);
        const difference = record && replayer.take(record);
        if (difference) throw new Error(JSON.stringify(difference));
        if (replayer.last && replayer.last.record === record) cycles.push(replayer.last);
      }
    }
    const query = { fromMs: 0, toMs: EVER_MS, beforeSeq: EVER_MS, limit: MOST_ROWS };
    const journal = [...(await log.readDecisions(query))].reverse();
    return { cycles, slots: await log.readSlots(0, EVER_MS), journal, events: log.events(MOST_ROWS) };
  } finally {
    log.close();
  }
}
