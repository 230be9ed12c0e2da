/**
 * Which lines of the box the seeds have run. The engine counts blocks of the code it runs; a line counts as run when
 * nothing on it was left out. Blank lines, comments, types and imports run nowhere and do not count.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** One line a room: the share of its lines that at least one of the runs has run, and what none of them has loaded. */
export function coveredShares(runs: readonly MissedLines[]): string[] {
  const loaded = new Set(runs.flatMap((run) => Object.keys(run)));
  const rooms = COVERED_ROOMS.map((room) => {
    const files = filesOf(room);
    const run = files.filter((file) => loaded.has(file));
    return {
      room,
      lines: sum(run, codeLines),
      missed: sum(run, (file) => missedByAll(file, runs)),
      unloaded: sum(
        files.filter((file) => !loaded.has(file)),
        codeLines,
      ),
    };
  }).filter(({ lines, unloaded }) => lines + unloaded > 0);
  const all = {
    room: 'all',
    lines: sum(rooms, ({ lines }) => lines),
    missed: sum(rooms, ({ missed }) => missed),
    unloaded: sum(rooms, ({ unloaded }) => unloaded),
  };
  return [...rooms, all].map(shareRow);
}

function filesOf(room: string): string[] {
  const folder = path.join(ROOT, 'edge/src', room);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${room}/${name}`);
}

function sum<T>(of: readonly T[], count: (one: T) => number): number {
  return of.reduce((total, one) => total + count(one), 0);
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

interface Share {
  readonly room: string;
  readonly lines: number;
  readonly missed: number;
  /** Lines of files that were not loaded. */
  readonly unloaded: number;
}

function shareRow({ room, lines, missed, unloaded }: Share): string {
  const share = lines === 0 ? 0 : (100 * (lines - missed)) / lines;
  const rest = unloaded > 0 ? `, ${unloaded} more in files that no seed loads` : '';
  return `${room.padEnd(12)}${share.toFixed(1).padStart(6)} % of ${lines} lines${rest}`;
}
