/** `edge replay`: decides recorded cycles again and says whether they come out as they were, or where not. */
import { SOFTWARE_VERSION } from '../link/site-description.ts';
import { type ReplayReport, replayRange } from '../replay/replay-range.ts';
import { lookingAt, newestMs } from './disk.ts';

export interface ReplayOptions {
  readonly config?: string;
  /** Epoch milliseconds; the last hour by default. */
  readonly from?: number;
  readonly to?: number;
}

const HOUR_MS = 3_600_000;

/** @returns whether all of it came out equal, and what to print. */
export function replay({ config, from, to }: ReplayOptions): Promise<{ ok: boolean; text: string }> {
  return lookingAt(config, async ({ reader }) => {
    const toMs = to ?? newestMs(reader);
    const fromMs = from ?? toMs - HOUR_MS;
    const report = await replayRange(reader, { fromMs, toMs, software: SOFTWARE_VERSION });
    const journal = await reader.verifyJournal();
    const minutes = await reader.verifyMinutes();
    const lines = [
      ...reportLines(report),
      journal.ok
        ? `Journal: ${journal.records} records, the chain is whole.`
        : `Journal: ${journal.why} (record ${journal.firstBadSeq}).`,
      minutes.ok
        ? `Minutes: ${minutes.records} summaries, the chain is whole.`
        : `Minutes: ${minutes.why} (summary ${minutes.firstBadSeq}).`,
    ];
    const ok = report.firstDifference === null && report.equalCycles > 0 && journal.ok && minutes.ok;
    return { ok, text: `${lines.join('\n')}\n` };
  });
}

function reportLines({ from, to, equalCycles, firstDifference, foreignSoftware }: ReplayReport): string[] {
  const span = `${from} to ${to}`;
  if (!firstDifference) {
    return equalCycles === 0
      ? [`No cycle is recorded from ${span}; snapshots are kept for 48 h.`]
      : [`${equalCycles} cycles from ${span} decided again: all equal, bit for bit.`];
  }
  const { cycle, at, field, why } = firstDifference;
  const other = foreignSoftware === null ? [] : [`Version ${foreignSoftware} decided there.`];
  return [
    `${equalCycles} cycles from ${span} are equal; then the first difference:`,
    `cycle ${cycle}, ${at ?? 'time unknown'}, field ${field ?? 'none (the record itself)'}: ${why}.`,
    ...other,
  ];
}
