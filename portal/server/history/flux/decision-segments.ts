/**
 * Where a page of decisions is looked for: from the newest backwards in growing pieces, so that the first page does
 * not sort all there ever was. Decisions that are surely still raw are read raw, older ones from the bucket that keeps
 * them for ever.
 */
import { RAW, RAW_SAFE_MS, type Reach, type Segment } from '../roll-ups/levels.ts';

const DAY_MS = 86_400_000;
const PIECES_DAYS = [1, 7, 30, 365, 3650];
const EARLIEST_MS = Date.parse('2000-01-01T00:00:00Z');
/** Clocks may be ahead, by how much nobody knows; simulated sites live in a year of their own. */
const LATEST_MS = Date.parse('2200-01-01T00:00:00Z');

interface Wanted {
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly after: { readonly atMs: number } | null;
}

/** Newest first, without overlap. */
export function decisionSegments(wanted: Wanted, { rollUps, nowMs }: Reach): Segment[] {
  const forEver = rollUps.at(-1);
  const fromMs = wanted.fromMs ?? EARLIEST_MS;
  const endMs = Math.min(wanted.toMs ?? LATEST_MS, (wanted.after?.atMs ?? LATEST_MS) + 1);
  const splitMs = forEver ? nowMs - RAW_SAFE_MS : EARLIEST_MS;
  const base = Math.min(endMs, nowMs);
  const cuts = [endMs, ...PIECES_DAYS.map((days) => base - days * DAY_MS), splitMs, fromMs]
    .filter((atMs) => atMs >= fromMs && atMs <= endMs)
    .sort((a, b) => b - a);
  const segments: Segment[] = [];
  for (const [i, pieceFromMs] of cuts.slice(1).entries()) {
    const toMs = cuts[i] ?? endMs;
    if (pieceFromMs >= toMs) continue;
    const level = forEver && toMs <= splitMs ? forEver : RAW;
    segments.push({ level, fromMs: pieceFromMs, toMs });
  }
  return segments;
}
