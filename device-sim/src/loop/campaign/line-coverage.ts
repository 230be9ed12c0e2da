/**
 * Which lines of the box the seeds have run. The engine counts blocks of the code it runs; a line counts as run when
 * nothing on it was left out. Blank lines, comments, types and imports run nowhere and do not count.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
const BOX = pathToFileURL(path.join(ROOT, 'edge/src/')).href;

export const COVERED_ROOMS = [
  'core',
  'latch',
  'drive',
  'record',
  'intake',
  'delivery',
  'catalogue',
  'settings',
  'setpoint',
  'outbox',
] as const;

/** Lines of a file of the box that were not run, by its path from `edge/src`. */
export type MissedLines = Readonly<Record<string, readonly number[]>>;

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** Begins to count in this thread, before the box is loaded. @returns what tells the lines that were not run */
export async function countLines(): Promise<() => Promise<MissedLines>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    session.disconnect();
    const files = result.filter(({ url }) => url.startsWith(BOX));
    return Object.fromEntries(
      files.map(({ url, functions }) => [
        url.slice(BOX.length),
        missedLines(
          readFileSync(fileURLToPath(url), 'utf8'),
          functions.flatMap(({ ranges }) => ranges),
        ),
      ]),
    );
  };
}

/** Ranges lie within each other: what the innermost says of a character holds. */
export function missedLines(source: string, ranges: readonly Range[]): readonly number[] {
  const code = stripTypeScriptTypes(source);
  const isMissed = new Uint8Array(source.length);
  const outerFirst = [...ranges].sort(
    (a, b) => b.endOffset - b.startOffset - (a.endOffset - a.startOffset) || b.count - a.count,
  );
  for (const { startOffset, endOffset, count } of outerFirst) {
    isMissed.fill(count === 0 ? 1 : 0, startOffset, endOffset);
  }
  const missed: number[] = [];
  let from = 0;
  for (const [i, line] of code.split('\n').entries()) {
    if (
      isCode(line) &&
      isMissed.subarray(from, from + line.length).some((one, at) => one === 1 && line[at] !== ' ')
    )
      missed.push(i + 1);
    from += line.length + 1;
  }
  return missed;
}

/** One line a room: the share of its lines that at least one of the runs has run. */
export function coveredShares(runs: readonly MissedLines[]): string[] {
  let all = 0;
  let allMissed = 0;
  const rows = COVERED_ROOMS.flatMap((room) => {
    const files = [...new Set(runs.flatMap((run) => Object.keys(run)))].filter((file) =>
      file.startsWith(`${room}/`),
    );
    if (files.length === 0) return [];
    const lines = files.reduce((sum, file) => sum + codeLines(file), 0);
    const missed = files.reduce((sum, file) => sum + missedByAll(file, runs), 0);
    all += lines;
    allMissed += missed;
    return [shareRow(room, lines, missed)];
  });
  return [...rows, shareRow('all', all, allMissed)];
}

function missedByAll(file: string, runs: readonly MissedLines[]): number {
  const loaded = runs.flatMap((run) => (run[file] ? [new Set(run[file])] : []));
  const [first, ...others] = loaded;
  return [...(first ?? [])].filter((line) => others.every((other) => other.has(line))).length;
}

function codeLines(file: string): number {
  const source = readFileSync(path.join(ROOT, 'edge/src', file), 'utf8');
  return stripTypeScriptTypes(source).split('\n').filter(isCode).length;
}

function isCode(line: string): boolean {
  return !/^\s*($|\/\/|\/?\*|import\b|[{}()[\];,\s]+$)/.test(line);
}

function shareRow(room: string, lines: number, missed: number): string {
  const share = lines === 0 ? 100 : (100 * (lines - missed)) / lines;
  return `${room.padEnd(12)}${share.toFixed(1).padStart(6)} % of ${lines} lines`;
}
