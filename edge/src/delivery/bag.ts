/** A batch on its way: what of it is still to be sent, and what became of the rest. */

import type { QuarantineRow } from '../outbox/batch-store.ts';
import type { Picked } from '../outbox/lanes.ts';
import { timeOf } from '../outbox/line.ts';
import type { Outcome } from '../outbox/outbox.ts';
import type { Answer } from './answers.ts';

export interface Bag {
  /** Lines in order of time. */
  readonly batch: Picked;
  /** Parts still to be sent, `[from, to)` of the lines; the last is next. */
  readonly parts: [number, number][];
  readonly quarantined: QuarantineRow[];
  delivered: number;
  /** Older than the server keeps any. */
  expired: number;
  fails: number;
  notBeforeMs: number;
  /** What had got through in all when it last failed. */
  deliveriesAtFail: number;
  /** Failures although something else had got through since the one before. */
  suspicions: number;
}

/** @param keptFromMs what is older is not sent. */
export function openBag(batch: Picked, keptFromMs: number): Bag {
  const timed = batch.lines.map((line) => ({ line, timeMs: timeOf(line) }));
  const lines = timed.sort((a, b) => a.timeMs - b.timeMs).map(({ line }) => line);
  const expired = timed.filter(({ timeMs }) => timeMs < keptFromMs).length;
  return {
    batch: { ...batch, lines },
    parts: expired < lines.length ? [[expired, lines.length]] : [],
    quarantined: [],
    delivered: 0,
    expired,
    fails: 0,
    notBeforeMs: Number.NEGATIVE_INFINITY,
    deliveriesAtFail: 0,
    suspicions: 0,
  };
}

export function sizeOf(bag: Bag): number {
  const part = bag.parts.at(-1);
  return part ? part[1] - part[0] : 0;
}

/** Halves the part that was refused, the older half next; a single line is put aside with the answer. */
export function splitPart(bag: Bag, answer: Answer): void {
  const [from, to] = bag.parts.pop() as [number, number];
  if (to - from === 1) {
    bag.quarantined.push(quarantineRow(bag.batch.lines[from] ?? '', answer));
    return;
  }
  const middle = Math.ceil((from + to) / 2);
  bag.parts.push([middle, to], [from, middle]);
}

/** Gives up the oldest lines of the part that was sent, `atLeast` of them. @returns the time of the newest of these. */
export function dropOldest(bag: Bag, atLeast: number): number {
  const [from, to] = bag.parts.pop() as [number, number];
  const { lines } = bag.batch;
  let end = Math.min(from + atLeast, to);
  const newestMs = timeOf(lines[end - 1] ?? '');
  while (end < to && timeOf(lines[end] ?? '') === newestMs) end++;
  bag.expired += end - from;
  if (end < to) bag.parts.push([end, to]);
  return newestMs;
}

export function outcomeOf({ delivered, quarantined, expired }: Bag): Outcome {
  return { deliveredPoints: delivered, quarantined, expiredPoints: expired };
}

export function answerText(answer: Answer): string {
  switch (answer.kind) {
    case 'status':
      return answer.body.slice(0, 500);
    case 'silent':
      return 'no answer in time';
    case 'unreachable':
      return answer.code;
  }
}

function quarantineRow(line: string, answer: Answer): QuarantineRow {
  return { line, status: answer.kind === 'status' ? answer.status : 0, answer: answerText(answer) };
}
