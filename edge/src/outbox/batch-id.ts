/** The name of a batch on its way: the queue and the rows in it, so that it can be settled after a restart. */
import type { Queue } from './batch-store.ts';

/** `data:3-5,9` for rows 3, 4, 5 and 9 (any order). */
export function batchId(queue: Queue, seqs: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last && last[1] + 1 === seq) last[1] = seq;
    else parts.push([seq, seq]);
  }
  return `${queue}:${parts.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(',')}`;
}

export function rowsOfBatch(id: string): { readonly queue: Queue; readonly seqs: readonly number[] } {
  const match = /^(event|data):([\d,-]+)$/.exec(id);
  if (!match) throw new RangeError(`"${id}" is no batch`);
  const seqs: number[] = [];
  for (const part of (match[2] ?? '').split(',')) {
    const [first, last = first] = part.split('-').map(Number);
    if (first === undefined || last === undefined) continue;
    for (let seq = first; seq <= last; seq++) seqs.push(seq);
  }
  return { queue: match[1] as Queue, seqs };
}
